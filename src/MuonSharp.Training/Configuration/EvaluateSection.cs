using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>Evaluation on the held-out text: keys <c>evaluate.*</c>.</summary>
public sealed record EvaluateSection
{
    /// <summary>Steps between evaluations; the last step is always followed by one. Null: never.</summary>
    public int? Every { get; init; } = 250;

    /// <summary>Windows evaluated at once: memory and speed, not the result's meaning.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>When keys about evaluations make a difference.</summary>
    internal static ConfigCondition IsOn { get; } = new("evaluate.every", c => c.Evaluate.Every is not null);

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("evaluate.", c => c.Evaluate, (c, s) => c with { Evaluate = s }));

    private static ConfigKey[] Describe(ConfigSection<EvaluateSection> section) =>
    [
        section.Key("every", Interval, e => e.Every, (e, v) => e with { Every = v },
            "steps between evaluations on the held-out text; the last step is always followed by one", unit: "steps", free: true, also: "evalEvery evalInterval evalSteps"),
        section.Key("batch", Whole(1, 65536), e => e.Batch, (e, v) => e with { Batch = v }, "windows evaluated at once", unit: "samples", free: true,
            usedWhen: IsOn),
    ];
}
