using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A folder that appears under its name when it is complete.</summary>
internal static class NewFolder
{
    /// <summary>Makes a folder that does not exist, or is empty.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="operation">What is being done, for messages.</param>
    /// <param name="write">Writes its files into the folder that it is given.</param>
    /// <exception cref="BadInputException">There is something under the name already.</exception>
    /// <exception cref="WriteFailedException">It could not be written; nothing of it is left.</exception>
    public static void Write(string folder, string operation, Action<string> write)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), part = $"{full}.{Guid.NewGuid():N}.tmp";
        Check(full, folder, operation);
        try
        {
            Directory.CreateDirectory(part);
            write(part);
            Check(full, folder, operation);
            if (Directory.Exists(full))
            {
                Directory.Delete(full);
            }

            Directory.Move(part, full);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException(operation, folder, exception);
        }
        finally
        {
            DeleteLeftover(part);
        }
    }

    private static void Check(string full, string folder, string operation)
    {
        if (File.Exists(full) || (Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any()))
        {
            throw new BadInputException($"[{operation}] {folder}: a folder that is new or empty is needed; {(File.Exists(full) ? "this is a file" : "this one holds something")}");
        }
    }

    private static void DeleteLeftover(string part)
    {
        try
        {
            Directory.Delete(part, recursive: true);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            // It was moved; or the failure that left it is the one worth reporting.
        }
    }
}
