namespace MuonSharp.Cli.Output;

/// <summary>What standard output can show.</summary>
/// <param name="Live">A terminal: a line may be drawn over.</param>
/// <param name="Color">Escape codes for colour are welcome.</param>
internal sealed record TerminalMode(bool Live, bool Color)
{
    /// <summary>Reads the environment: a pipe gets plain lines, <c>NO_COLOR</c> and <c>TERM=dumb</c> are honoured.</summary>
    public static TerminalMode Detect()
    {
        var live = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null or "");
        return new(live, live && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
    }
}
