namespace MuonSharp.Training;

/// <summary>The text to train on: keys <c>data.*</c>.</summary>
public sealed record DataSettings
{
    /// <summary>Path of a UTF-8 text file; null: the embedded corpus (<see cref="EmbeddedCorpus"/>).</summary>
    public string? File { get; init; }

    /// <summary><c>character</c> or <c>byte</c>; see <see cref="TokenizerKinds"/>.</summary>
    public string Tokenizer { get; init; } = "character";

    /// <summary>Share of the tokens, at the end of the text, that is held out for evaluation; above 0, below 1.</summary>
    public double ValidationShare { get; init; } = 0.1;
}
