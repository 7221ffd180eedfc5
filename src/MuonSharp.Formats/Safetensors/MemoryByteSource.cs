namespace MuonSharp.Formats;

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
