using MuonSharp.Cli.Output;
using MuonSharp.Distributed;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Cli.Errors;

/// <summary>Errors as a user sees them: one line on standard error, and an exit code.</summary>
internal static class ErrorReport
{
    /// <summary>Set to 1, an error of the program itself shows where it came from.</summary>
    private const string TraceVariable = "MUONSHARP_STACK_TRACE";

    /// <summary>Writes the line that belongs to an error.</summary>
    /// <returns>The exit code that belongs to it.</returns>
    public static int Write(Exception error) => error switch
    {
        OutputClosedException => ExitCode.Done,
        OutputException => Write(ExitCode.CouldNotWrite, error.Message),
        ToolException tool => Write(tool.ExitCode, tool.Message),
        ConfigurationException configuration => Write(ExitCode.Usage, string.Join("; ", configuration.Problems)),
        RunExistsException { HoldsRun: true } => Write(ExitCode.Usage, $"{error.Message} (--resume takes it up, --run names another folder)"),
        RunExistsException => Write(ExitCode.Usage, $"{error.Message} (--run names another folder)"),
        RunLockedException => Write(ExitCode.Usage, error.Message),
        BadInputException or InvalidFileException => Write(ExitCode.BadInput, error.Message),
        DivergedException => Write(ExitCode.Diverged, error.Message),
        WriteFailedException => Write(ExitCode.CouldNotWrite, error.Message),
        IOException or UnauthorizedAccessException => Write(ExitCode.CouldNotWrite, $"[file] {error.Message}"),
        CollectiveException => Write(ExitCode.MissingEnvironment, error.Message),
        OutOfMemoryException => Write(ExitCode.MissingEnvironment, "[memory] this machine has too little for the model and batch that were asked for"),
        _ => Unexpected(error),
    };

    /// <summary>Writes one line.</summary>
    /// <returns>The same exit code, for the caller to return.</returns>
    public static int Write(int exitCode, string message)
    {
        Console.Error.WriteLine($"muonsharp: {Shown(message)}");
        return exitCode;
    }

    /// <summary>Writes a line about something that the user should know.</summary>
    public static void Note(string message) => Console.Error.WriteLine($"note: {Shown(message)}");

    /// <summary>Names may come from a file or a path: a terminal must not obey them.</summary>
    private static string Shown(string message) => OneLine.Cut(message.ReplaceLineEndings(" "), int.MaxValue);

    private static int Unexpected(Exception error)
    {
        if (Environment.GetEnvironmentVariable(TraceVariable) == "1")
        {
            Console.Error.WriteLine(error);
        }

        return Write(ExitCode.Usage, $"[internal] this is a mistake of the program, please report it ({TraceVariable}=1 says more): {error.Message}");
    }
}

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
