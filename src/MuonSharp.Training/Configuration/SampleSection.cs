using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>Text sampled from the model while it trains: keys <c>sample.*</c>.</summary>
public sealed record SampleSection
{
    private static readonly ConfigCondition s_samples = new("sample.every", c => c.Sample.Every is not null);

    /// <summary>Steps between samples; the last step is always followed by one. Null: never.</summary>
    public int? Every { get; init; } = 500;

    /// <summary>Tokens in a sample.</summary>
    public int Tokens { get; init; } = 200;

    /// <summary>Text the sample continues; empty: a line break, or the vocabulary's first token.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Divides the logits; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Only this many likeliest tokens can be drawn. Null: all.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability can be drawn; above 0, at most 1.</summary>
    public double TopP { get; init; } = 1;

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("sample.", c => c.Sample, (c, s) => c with { Sample = s }, ImageSection.IsOff));

    private static ConfigKey[] Describe(ConfigSection<SampleSection> section) =>
    [
        section.Key("every", Interval, s => s.Every, (s, v) => s with { Every = v }, "steps between samples; the last step is always followed by one", unit: "steps", free: true, also: "sampleInterval"),
        section.Key("tokens", Whole(1), s => s.Tokens, (s, v) => s with { Tokens = v }, "tokens in a sample", unit: "tokens", free: true, usedWhen: s_samples),
        section.Key("prompt", Text, s => s.Prompt, (s, v) => s with { Prompt = v }, "text that the sample continues, taken as it is, blanks too", free: true, usedWhen: s_samples),
        section.Key("temperature", NonNegative, s => s.Temperature, (s, v) => s with { Temperature = v }, "divides the logits; 0 takes the likeliest token", free: true, usedWhen: s_samples),
        section.Key("topK", OrZero(Whole(1), "all"), s => s.TopK, (s, v) => s with { TopK = v }, "only this many likeliest tokens", unit: "tokens", free: true, usedWhen: s_samples),
        section.Key("topP", Number("a number above 0 and at most 1", v => v is > 0 and <= 1), s => s.TopP, (s, v) => s with { TopP = v },
            "only the likeliest tokens that together reach this probability", free: true, usedWhen: s_samples),
    ];
}
