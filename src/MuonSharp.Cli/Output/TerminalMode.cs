namespace MuonSharp.Cli.Output;

/// <summary>What standard output can show.</summary>
/// <param name="Live">A terminal: a line may be drawn over.</param>
/// <param name="Color">Escape codes for colour are welcome.</param>
internal sealed record TerminalMode(bool Live, bool Color)
{
    /// <summary>Reads the environment: a pipe gets plain lines, <c>NO_COLOR</c> and <c>TERM=dumb</c> are honoured.</summary>
    public static TerminalMode Detect()
    {
        bool live = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null or "");
        return new(live, live && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
    }
}

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
