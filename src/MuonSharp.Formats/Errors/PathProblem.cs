namespace MuonSharp.Formats;

/// <summary>What is wrong with a path, in plain words: a file or a folder was needed and could not be opened.</summary>
public static class PathProblem
{
    /// <summary>Why a file could not be opened or read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cause">What the file system threw.</param>
    public static string OfFile(string path, Exception cause) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException => DanglingLink(path) ?? "there is no such file",
        _ when Directory.Exists(path) => "a file is needed; this is a directory",
        UnauthorizedAccessException => "the file cannot be read; access is denied",
        NotSupportedException => "a regular file is needed; this is a pipe or a device",
        ArgumentException => "this is not a valid path",
        _ => $"the file cannot be read; {cause.Message}",
    };

    /// <summary>Why a folder could not be opened, read or made.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="cause">What the file system threw.</param>
    public static string OfFolder(string path, Exception cause) =>
        OfNoFolder(path) is { } problem && !(cause is UnauthorizedAccessException && problem == Missing) ? problem : cause switch
        {
            UnauthorizedAccessException => "the folder may not be read; access is denied",
            ArgumentException => "this is not a valid path",
            _ => $"the folder cannot be read; {cause.Message}",
        };

    /// <summary>Why a path is no folder.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The reason; null if it is a folder.</returns>
    public static string? OfNoFolder(string path) =>
        Directory.Exists(path) ? null : DanglingLink(path) ?? (File.Exists(path) ? "a folder is needed; this is a file" : Missing);

    private const string Missing = "there is no such folder";

    // .NET says of a link to nowhere that it is a file, and of what lies behind it that it does not exist.
    private static string? DanglingLink(string path)
    {
        try
        {
            FileInfo link = new(Path.TrimEndingDirectorySeparator(path));
            return link.LinkTarget is { } target && !Directory.Exists(path) && link.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true }
                ? $"this is a symbolic link to {OneLine.Quote(target)}, which does not exist"
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
