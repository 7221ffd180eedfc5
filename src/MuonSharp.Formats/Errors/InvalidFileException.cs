namespace MuonSharp.Formats;

/// <summary>A file that somebody else wrote (or that was damaged) breaks a rule of its format.</summary>
/// <remarks>
/// The message is one line, <c>[operation] path: rule; what came</c>, and safe to print: names from the file are
/// escaped and shortened. The command line maps it to exit code 2.
/// </remarks>
public sealed class InvalidFileException : Exception
{
    /// <summary>Creates the exception for one broken rule.</summary>
    /// <param name="operation">What was being done, such as <c>safetensors</c> or <c>checkpoint</c>.</param>
    /// <param name="path">The file or folder that breaks the rule.</param>
    /// <param name="problem">The rule and what came instead: <c>rule; what came</c>.</param>
    /// <param name="innerException">What the file system or a parser said, if anything.</param>
    public InvalidFileException(string operation, string path, string problem, Exception? innerException = null)
        : base(OneLine.Message($"[{operation}] {path}: {problem}"), innerException)
    {
        Path = path;
        Problem = OneLine.Message(problem);
    }

    /// <summary>The file or folder that breaks the rule.</summary>
    public string Path { get; }

    /// <summary>The rule and what came instead, without operation and path, on one line.</summary>
    public string Problem { get; }

    /// <summary>The exception for a file that could not be opened or read at all.</summary>
    /// <param name="operation">What was being done, such as <c>safetensors</c>.</param>
    /// <param name="path">The file.</param>
    /// <param name="cause">What the file system threw.</param>
    /// <returns>An exception whose message says why in plain words.</returns>
    public static InvalidFileException Unreadable(string operation, string path, Exception cause) =>
        new(operation, path, PathProblem.OfFile(path, cause), cause);

    /// <summary>The exception for a folder that could not be opened or read at all.</summary>
    /// <param name="operation">What was being done, such as <c>checkpoint</c>.</param>
    /// <param name="path">The folder.</param>
    /// <param name="cause">What the file system threw.</param>
    /// <returns>An exception whose message says why in plain words.</returns>
    public static InvalidFileException UnreadableFolder(string operation, string path, Exception cause) =>
        new(operation, path, PathProblem.OfFolder(path, cause), cause);

    /// <summary>Whether an exception of the file system means that a file could not be opened or read.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <returns>True for input and output errors, denied access and paths or devices that cannot be read.</returns>
    public static bool IsUnreadable(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException;
}
