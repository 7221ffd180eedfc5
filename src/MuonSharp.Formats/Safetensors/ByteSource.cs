namespace MuonSharp.Formats;

/// <summary>Bytes of known length that can be read at any position: a file or memory.</summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>The number of bytes, fixed when the source was opened.</summary>
    public abstract long Length { get; }

    /// <summary>Fills the destination from a position; false if the bytes end before it is full.</summary>
    public abstract bool TryRead(long offset, Span<byte> destination);

    /// <summary>Lets go of the file, if there is one.</summary>
    public abstract void Dispose();
}
