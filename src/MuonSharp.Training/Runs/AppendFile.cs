using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>A file that only grows, whole entries at a time; an entry that could not be written leaves nothing behind.</summary>
/// <remarks>Every entry reaches the operating system at once, so others see it; <see cref="FlushToDisk"/> makes it durable.</remarks>
internal sealed class AppendFile : IDisposable
{
    private readonly IFileOperations _files;
    private readonly Stream _stream;
    private readonly string _operation;
    private readonly string _path;

    private AppendFile(string operation, string path, long keep, IFileOperations files)
    {
        (_operation, _path, _files) = (operation, path, files);
        _stream = files.Open(path, keep);
        Length = _stream.Position;
    }

    /// <summary>Bytes of all entries so far.</summary>
    public long Length { get; private set; }

    /// <exception cref="WriteFailedException">The file cannot be opened or cut.</exception>
    public static AppendFile Open(string operation, string path, long keep, IFileOperations files)
    {
        try
        {
            return new AppendFile(operation, path, keep, files);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException(operation, path, exception);
        }
    }

    /// <exception cref="WriteFailedException">The entry could not be written; the file is as it was before.</exception>
    public void Append(ReadOnlySpan<byte> entry)
    {
        try
        {
            _stream.Write(entry);
            Length += entry.Length;
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            CutBack();
            throw new WriteFailedException(_operation, _path, exception);
        }
    }

    /// <summary>Returns when all entries are on the disk.</summary>
    /// <exception cref="WriteFailedException">The disk refused.</exception>
    public void FlushToDisk()
    {
        try
        {
            _files.Flush(_stream);
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException(_operation, _path, exception);
        }
    }

    public void Dispose() => _stream.Dispose();

    private void CutBack()
    {
        try
        {
            _stream.SetLength(Length);
            _stream.Position = Length;
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            // A torn last line; resuming drops it.
        }
    }
}
