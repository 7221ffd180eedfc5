namespace MuonSharp.Cli.Errors;

/// <summary>Errors as a user sees them: one line on standard error, and an exit code.</summary>
internal static class ErrorReport
{
    /// <summary>True for errors that have a cause outside the program.</summary>
    public static bool Explains(Exception error) => error is ToolException or IOException or UnauthorizedAccessException;

    /// <summary>Writes the line that belongs to an error.</summary>
    /// <returns>The exit code that belongs to it.</returns>
    public static int Write(Exception error) => error switch
    {
        ToolException tool => Write(tool.ExitCode, tool.Message),
        _ => Write(ExitCode.CouldNotWrite, error.Message),
    };

    /// <summary>Writes one line.</summary>
    /// <returns>The same exit code, for the caller to return.</returns>
    public static int Write(int exitCode, string message)
    {
        Console.Error.WriteLine($"muonsharp: {message.ReplaceLineEndings(" ")}");
        return exitCode;
    }
}
