namespace MuonSharp.Training;

/// <summary>The file system itself.</summary>
public sealed class FileOperations : IFileOperations
{
    private FileOperations()
    {
    }

    /// <summary>The only instance: it holds nothing.</summary>
    public static FileOperations Instance { get; } = new();

    /// <inheritdoc/>
    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    /// <inheritdoc/>
    public Stream Open(string path, long keep)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        try
        {
            stream.SetLength(Math.Min(keep, stream.Length));
            stream.Position = stream.Length;
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Flush(Stream stream) => ((FileStream)stream).Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void FlushDirectory(string path) => DirectoryFlush.ToDisk(path);

    /// <inheritdoc/>
    public void Move(string source, string destination)
    {
        if (Directory.Exists(source))
        {
            Directory.Move(source, destination);
        }
        else
        {
            File.Move(source, destination, overwrite: true);
        }
    }

    /// <inheritdoc/>
    public void DeleteFile(string path) => File.Delete(path);

    /// <inheritdoc/>
    public void DeleteDirectory(string path) => Directory.Delete(path);
}
