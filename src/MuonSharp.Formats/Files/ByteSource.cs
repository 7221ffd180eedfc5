using Microsoft.Win32.SafeHandles;

namespace MuonSharp.Formats;

/// <summary>Bytes of known length that can be read at any position: a file or memory.</summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>The number of bytes, fixed when the source was opened.</summary>
    public abstract long Length { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidFileException">It cannot be opened.</exception>
    public static ByteSource Open(string path, string operation)
    {
        try
        {
            return new FileByteSource(path);
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(operation, path, exception);
        }
    }

    /// <summary>Fills the destination from a position that lay inside the source when it was opened.</summary>
    /// <exception cref="InvalidFileException">It cannot be read, or has become shorter.</exception>
    public void Fill(long offset, Span<byte> destination, string operation, string path)
    {
        try
        {
            if (TryRead(offset, destination))
            {
                return;
            }
        }
        catch (IOException exception)
        {
            throw InvalidFileException.Unreadable(operation, path, exception);
        }

        throw new InvalidFileException(operation, path, "the file must not change while it is open; it became shorter");
    }

    /// <summary>Fills the destination from a position; false if the bytes end before it is full.</summary>
    public abstract bool TryRead(long offset, Span<byte> destination);

    /// <summary>Lets go of the file, if there is one.</summary>
    public abstract void Dispose();
}

/// <summary>A file read by positioned reads: no shared cursor, nothing mapped, nothing cached.</summary>
internal sealed class FileByteSource : ByteSource
{
    private readonly SafeFileHandle _handle;

    public FileByteSource(string path)
    {
        // Deletion stays possible on Windows, so that retention can remove a checkpoint that somebody reads.
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        try
        {
            Length = RandomAccess.GetLength(_handle);
        }
        catch
        {
            _handle.Dispose();
            throw;
        }
    }

    public override long Length { get; }

    public override bool TryRead(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
            {
                return false;
            }

            destination = destination[read..];
            offset += read;
        }

        return true;
    }

    public override void Dispose() => _handle.Dispose();
}

/// <summary>A file's bytes already in memory.</summary>
internal sealed class MemoryByteSource(ReadOnlyMemory<byte> bytes) : ByteSource
{
    public override long Length => bytes.Length;

    public override bool TryRead(long offset, Span<byte> destination)
    {
        if (offset > bytes.Length - destination.Length)
        {
            return false;
        }

        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
        return true;
    }

    public override void Dispose()
    {
    }
}
