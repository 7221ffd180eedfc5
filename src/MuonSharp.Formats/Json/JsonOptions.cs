namespace MuonSharp.Formats;

/// <summary>How a JSON text is read, and how messages speak of it.</summary>
public sealed record JsonOptions
{
    /// <summary>Deepest nesting of objects and lists that is read.</summary>
    public const int MostDepth = 64;

    /// <summary>What is being done, such as <c>config</c>: the word in brackets that messages begin with.</summary>
    public required string Operation { get; init; }

    /// <summary>The place of the outermost value, before the dotted names; empty for a file of its own. Default: empty.</summary>
    public string Root { get; init; } = "";

    /// <summary>What every message ends with, such as a hint what to do; begins with a blank if there is one. Default: empty.</summary>
    public string Note { get; init; } = "";

    /// <summary>Most bytes of a file, or of one line of a file of lines. Memory is bounded by a multiple of it. Default: 64 MiB.</summary>
    public int MostBytes { get; init; } = 1 << 26;

    /// <summary>Whether a byte order mark, comments and trailing commas are refused, as formats of other makers ask. Default: false.</summary>
    public bool Strict { get; init; }
}
