namespace MuonSharp.Training;

/// <summary>What is built from single file operations: durable folders, files replaced as a whole, trees removed.</summary>
internal static class DurableFiles
{
    private const string TemporarySuffix = ".tmp";

    /// <summary>Creates a directory and its missing parents, each entry flushed to disk.</summary>
    public static void EnsureDirectory(this IFileOperations files, string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Directory.Exists(full) || Path.GetDirectoryName(full) is not { } parent)
        {
            return;
        }

        files.EnsureDirectory(parent);
        files.CreateDirectory(full);
        files.FlushDirectory(parent);
    }

    /// <summary>Replaces a file: at every instant it has its old or its new content, and afterwards the new one is on the disk.</summary>
    public static void Replace(this IFileOperations files, string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + TemporarySuffix;
        using (Stream stream = files.Open(temporary, keep: 0))
        {
            stream.Write(content);
            files.Flush(stream);
        }

        files.Move(temporary, path);
        files.FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Deletes a directory with all it holds.</summary>
    public static void DeleteTree(this IFileOperations files, string path)
    {
        foreach (string file in Directory.GetFiles(path))
        {
            files.DeleteFile(file);
        }

        foreach (string folder in Directory.GetDirectories(path))
        {
            files.DeleteTree(folder);
        }

        files.DeleteDirectory(path);
    }
}
