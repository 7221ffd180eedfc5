using System.IO.Compression;

namespace MuonSharp.Formats;

/// <summary>A file that is read from its start to its end, and that may be compressed with gzip: its first two bytes say so.</summary>
internal sealed class PackedFile : IDisposable
{
    private readonly string _path, _operation;
    private readonly Stream _stream;

    private PackedFile(string path, string operation, Stream stream, long length) => (_path, _operation, _stream, Length) = (path, operation, stream, length);

    /// <summary>Whether the file is compressed.</summary>
    public bool IsPacked => _stream is GZipStream;

    /// <summary>Bytes of the file as it lies on the disk.</summary>
    public long Length { get; }

    /// <param name="path">The file.</param>
    /// <param name="operation">What is being done.</param>
    /// <param name="asIs">Whether the bytes are taken as they are, whatever the first two say.</param>
    /// <exception cref="InvalidFileException">The file cannot be opened.</exception>
    public static PackedFile Open(string path, string operation, bool asIs = false)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            long length = file.Length;
            bool packed = !asIs && file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            return new(path, operation, packed ? new GZipStream(file, CompressionMode.Decompress) : file, length);
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            file?.Dispose();
            throw InvalidFileException.Unreadable(operation, path, exception);
        }
    }

    /// <summary>Fills the destination.</summary>
    /// <exception cref="InvalidFileException">The file ends before, or what is compressed is damaged.</exception>
    public void Read(Span<byte> destination, string wanted)
    {
        int read = Guard(destination, static (stream, bytes) => stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        if (read < destination.Length)
        {
            throw new InvalidFileException(_operation, _path, $"the file must hold {wanted}; it ends after {read} of {destination.Length} bytes");
        }
    }

    /// <exception cref="InvalidFileException">More bytes follow.</exception>
    public void RequireEnd(string wanted)
    {
        Span<byte> more = stackalloc byte[1];
        if (Guard(more, static (stream, bytes) => stream.Read(bytes)) > 0)
        {
            throw new InvalidFileException(_operation, _path, $"nothing may follow {wanted}; more came");
        }
    }

    public void Dispose() => _stream.Dispose();

    private delegate int Reading(Stream stream, Span<byte> bytes);

    private int Guard(Span<byte> bytes, Reading read)
    {
        try
        {
            return read(_stream, bytes);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidFileException(_operation, _path, "what is compressed must be sound; the file is damaged", exception);
        }
        catch (IOException exception)
        {
            throw InvalidFileException.Unreadable(_operation, _path, exception);
        }
    }
}
