using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace MuonSharp.Formats;

/// <summary>A file of tokens as llm.c and modded-nanogpt write it: 256 numbers of 32 bits (20240520, 1, how many tokens, zeros), then the tokens as numbers of 16 bits.</summary>
/// <remarks>Tokens are read where they are asked for, so that a shard may be larger than memory; the system keeps what is read often. The file is not mapped: one
/// that is cut short by somebody else while it is read is an error, where a mapped one would end the process. Threads may read at the same time.</remarks>
public sealed class TokenShard : IDisposable
{
    /// <summary>What the names of shards end in.</summary>
    public const string Extension = ".bin";

    internal const int HeaderBytes = 256 * sizeof(int), Magic = 20240520, Version = 1;
    private const string Operation = "shard";
    private const int PageBytes = 4096, SampledPages = 64;

    private readonly SafeFileHandle _file;

    private TokenShard(string path, SafeFileHandle file, int length) => (Path, _file, Length) = (path, file, length);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Number of tokens.</summary>
    public int Length { get; }

    /// <summary>Opens a shard.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">It cannot be read, or is no shard.</exception>
    public static TokenShard Open(string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
            Span<byte> header = stackalloc byte[HeaderBytes];
            long bytes = RandomAccess.GetLength(file);
            if (bytes < HeaderBytes || RandomAccess.Read(file, header, 0) < HeaderBytes)
            {
                throw new InvalidFileException(Operation, path, $"a shard must have a header of {HeaderBytes} bytes; {bytes} bytes came");
            }

            ReadOnlySpan<byte> numbers = header;
            (int magic, int version, int count) = (BinaryPrimitives.ReadInt32LittleEndian(numbers), BinaryPrimitives.ReadInt32LittleEndian(numbers[4..]), BinaryPrimitives.ReadInt32LittleEndian(numbers[8..]));
            if (magic != Magic || version != Version)
            {
                throw new InvalidFileException(Operation, path, $"a shard must begin with {Magic} and version {Version}; {magic} and {version} came");
            }

            if (count < 1 || bytes != HeaderBytes + (2L * count))
            {
                throw new InvalidFileException(Operation, path, $"the header must say how many tokens follow; it says {count}, and {bytes - HeaderBytes} bytes follow");
            }

            return new(path, file, count);
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            file?.Dispose();
            throw InvalidFileException.Unreadable(Operation, path, exception);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>Reads tokens that follow each other; allocates nothing.</summary>
    /// <param name="start">Position of the first, from 0.</param>
    /// <param name="tokens">Out: as many as it has room for; the last one is within the shard.</param>
    /// <exception cref="ArgumentOutOfRangeException">They are not within the shard.</exception>
    /// <exception cref="InvalidFileException">The file cannot be read any more, or has become shorter.</exception>
    public void Read(int start, Span<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - tokens.Length);
        // The 16-bit numbers come into the upper half of the place of the 32-bit ones, and are widened from the front.
        Span<byte> bytes = MemoryMarshal.AsBytes(tokens)[(2 * tokens.Length)..];
        ReadBytes(HeaderBytes + (2L * start), bytes);
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]);
        }
    }

    /// <summary>Adds the header and pages from all over the file, the last one too, to a hash: what says which tokens these are, without reading all.</summary>
    /// <param name="hash">The hash.</param>
    /// <exception cref="InvalidFileException">The file cannot be read any more, or has become shorter.</exception>
    public void AddSample(IncrementalHash hash)
    {
        long bytes = HeaderBytes + (2L * Length);
        Span<byte> page = stackalloc byte[PageBytes];
        for (int i = 0; i <= SampledPages; i++)
        {
            long start = Math.Max(0, bytes - PageBytes) * i / SampledPages;
            Span<byte> part = page[..(int)Math.Min(PageBytes, bytes - start)];
            ReadBytes(start, part);
            hash.AppendData(part);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void ReadBytes(long start, Span<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int read = RandomAccess.Read(_file, bytes, start);
                bytes = read > 0 ? bytes[read..] : throw new InvalidFileException(Operation, Path, $"the file must stay as it was when it was opened; it ends at {start} now");
                start += read;
            }
        }
        catch (IOException exception)
        {
            throw InvalidFileException.Unreadable(Operation, Path, exception);
        }
    }
}
