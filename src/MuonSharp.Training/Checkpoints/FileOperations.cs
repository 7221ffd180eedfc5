namespace MuonSharp.Training;

/// <summary>Every effect that a run has on the file system, so that tests can fail or stop it at each single one.</summary>
/// <remarks>Reading is not part of it: a reader takes what it finds. Failures are <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/>.</remarks>
public interface IFileOperations
{
    /// <summary>Creates a directory whose parent exists.</summary>
    /// <param name="path">The directory.</param>
    void CreateDirectory(string path);

    /// <summary>Opens a file to append to, creating it if it is missing; unbuffered.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keep">How many of its bytes stay, if it has more; the rest is cut off.</param>
    /// <returns>A stream positioned at its end; writes go straight to the operating system.</returns>
    Stream Open(string path, long keep);

    /// <summary>Returns when everything written so far is on the disk.</summary>
    /// <param name="stream">A stream from <see cref="Open"/>.</param>
    void Flush(Stream stream);

    /// <summary>Returns when the directory's entries (what was created, renamed and deleted in it) are on the disk.</summary>
    /// <param name="path">The directory.</param>
    void FlushDirectory(string path);

    /// <summary>Renames a file, replacing the destination, or a directory, whose destination must not exist; atomic.</summary>
    /// <param name="source">Its name so far.</param>
    /// <param name="destination">Its name from now on, in the same file system.</param>
    void Move(string source, string destination);

    /// <summary>Deletes a file.</summary>
    /// <param name="path">The file.</param>
    void DeleteFile(string path);

    /// <summary>Deletes an empty directory.</summary>
    /// <param name="path">The directory.</param>
    void DeleteDirectory(string path);
}

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
