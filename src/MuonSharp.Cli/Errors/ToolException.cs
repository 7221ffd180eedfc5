namespace MuonSharp.Cli.Errors;

/// <summary>An error of the tool itself, with the exit code it ends in.</summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="message">One line: what is wrong and where.</param>
internal sealed class ToolException(int exitCode, string message) : Exception(message)
{
    /// <summary>One of <see cref="MuonSharp.Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>A broken rule of the command line.</summary>
    public static ToolException Usage(string message) => new(Cli.ExitCode.Usage, message);

    /// <summary>A file that cannot be used.</summary>
    public static ToolException BadInput(string message) => new(Cli.ExitCode.BadInput, message);
}
