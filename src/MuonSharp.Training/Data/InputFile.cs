namespace MuonSharp.Training;

/// <summary>Reads whole files that a user named, with one-line errors.</summary>
internal static class InputFile
{
    /// <summary>All bytes of a file.</summary>
    /// <exception cref="BadInputException">It is missing, a directory, or cannot be read.</exception>
    public static byte[] ReadAll(string operation, string path)
    {
        if (Directory.Exists(path))
        {
            throw new BadInputException($"[{operation}] {path}: a file must be named; a directory came");
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"[{operation}] {path}: the file must exist; there is none", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadInputException($"[{operation}] {path}: the file must be readable; {FirstLine(error.Message)}", error);
        }
    }

    private static string FirstLine(string message) => message.Split('\n', 2)[0].TrimEnd('\r', '.');
}
