namespace MuonSharp.Training;

/// <summary>Text sampled from the model while it trains: keys <c>sample.*</c>.</summary>
public sealed record SampleSettings
{
    /// <summary>Steps between samples; the last step is always followed by one. -1: never.</summary>
    public int Every { get; init; } = 500;

    /// <summary>Tokens in a sample.</summary>
    public int Tokens { get; init; } = 200;

    /// <summary>Text the sample continues; empty: a line break, or the vocabulary's first token.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Divides the logits; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Only this many likeliest tokens can be drawn. 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability can be drawn; above 0, at most 1.</summary>
    public double TopP { get; init; } = 1;
}
