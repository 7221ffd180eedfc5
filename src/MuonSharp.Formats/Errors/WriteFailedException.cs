namespace MuonSharp.Formats;

/// <summary>Something could not be written: the disk is full, the place is read-only, access is denied.</summary>
/// <remarks>What was complete before stays complete. One line; the command line maps it to exit code 5.</remarks>
public sealed class WriteFailedException : Exception
{
    /// <summary>Creates the exception for one failed write.</summary>
    /// <param name="operation">What was being done, such as <c>checkpoint</c> or <c>metrics</c>.</param>
    /// <param name="path">The file or folder that could not be written.</param>
    /// <param name="cause">What the file system threw.</param>
    public WriteFailedException(string operation, string path, Exception cause)
        : base(OneLine.Message($"[{operation}] {path}: could not be written; {cause.Message}"), cause)
    {
        Path = path;
    }

    /// <summary>The file or folder that could not be written.</summary>
    public string Path { get; }

    /// <summary>Whether an exception of the file system means that writing failed.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <returns>True for input and output errors and for denied access.</returns>
    public static bool IsWriteFailure(Exception exception) => exception is IOException or UnauthorizedAccessException;
}
