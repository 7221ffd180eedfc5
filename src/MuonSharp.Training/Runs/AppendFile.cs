using System.Text;
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

/// <summary>The file <c>samples.txt</c>: what the model wrote along the way, for people.</summary>
internal sealed class SamplesLog : IDisposable
{
    private readonly AppendFile _file;

    internal SamplesLog(string path, long keep, IFileOperations files) => _file = AppendFile.Open("samples", path, keep, files);

    /// <summary>Bytes written so far.</summary>
    public long Length => _file.Length;

    /// <summary>Appends one sample under a heading with its step.</summary>
    /// <param name="step">How many steps had been done.</param>
    /// <param name="text">The prompt and its continuation.</param>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void Write(long step, string text) => _file.Append(Encoding.UTF8.GetBytes($"--- step {step} ---\n{text}\n\n"));

    /// <summary>Returns when all samples are on the disk.</summary>
    /// <exception cref="WriteFailedException">The disk refused.</exception>
    public void FlushToDisk() => _file.FlushToDisk();

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
