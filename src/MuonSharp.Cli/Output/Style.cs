namespace MuonSharp.Cli.Output;

/// <summary>The palette: every colour the tool uses, by meaning.</summary>
internal static class Style
{
    /// <summary>The name of a value.</summary>
    public const string Label = "grey";

    /// <summary>A value to look at.</summary>
    public const string Strong = "bold";

    /// <summary>Something that went well.</summary>
    public const string Good = "green";

    /// <summary>Something to know.</summary>
    public const string Warning = "yellow";

    /// <summary>Text that the model wrote.</summary>
    public const string Sample = "italic";

    /// <summary>As it comes.</summary>
    public const string Plain = "";
}
