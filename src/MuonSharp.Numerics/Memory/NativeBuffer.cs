using System.Runtime.InteropServices;

namespace MuonSharp.Numerics;

/// <summary>Zeroed float memory outside the managed heap, aligned to a cache line.</summary>
/// <remarks>Live buffers are counted, so a test can show that nothing leaked. A buffer that was forgotten is freed by its finalizer,
/// but still counts as live until then.</remarks>
public sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>Alignment of the first element in bytes: one cache line, one 512-bit vector.</summary>
    public const int Alignment = 64;

    private static long s_liveBytes;
    private static int s_liveCount;

    private nint _address;

    /// <summary>Allocates <paramref name="length"/> zeros.</summary>
    /// <param name="length">Number of floats, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system refuses the memory.</exception>
    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        nuint bytes = checked((nuint)Math.Max(1, length) * sizeof(float));
        _address = (nint)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear((void*)_address, bytes);
        Length = length;
        Interlocked.Add(ref s_liveBytes, length * sizeof(float));
        Interlocked.Increment(ref s_liveCount);
    }

    /// <summary>Frees a buffer that nobody disposed.</summary>
#pragma warning disable MA0055 // The address is the resource itself; a wrapper handle would only move the finalizer.
    ~NativeBuffer() => Free();
#pragma warning restore MA0055

    /// <summary>Bytes in all buffers that are not yet freed.</summary>
    public static long LiveBytes => Interlocked.Read(ref s_liveBytes);

    /// <summary>Number of buffers that are not yet freed.</summary>
    public static int LiveCount => Volatile.Read(ref s_liveCount);

    /// <summary>Bytes of packing memory that threads hold for matrix products. They are in no buffer and not in <see cref="LiveBytes"/>: a thread keeps them until it
    /// ends, a worker of a team until the team is disposed.</summary>
    public static long ThreadBytes => ThreadScratch.Bytes;

    /// <summary>Number of floats.</summary>
    public long Length { get; }

    /// <summary>Whether the memory was freed.</summary>
    public bool IsDisposed => _address == 0;

    /// <summary>Address of the first float.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public float* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return (float*)_address;
        }
    }

    /// <summary>The whole buffer as a span.</summary>
    /// <returns>A view that is valid until the buffer is disposed.</returns>
    /// <exception cref="OverflowException">The buffer holds more floats than a span can.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public Span<float> AsSpan() => new(Pointer, checked((int)Length));

    /// <summary>A part of the buffer as a span.</summary>
    /// <param name="offset">First float.</param>
    /// <param name="length">Number of floats.</param>
    /// <returns>A view that is valid until the buffer is disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the buffer.</exception>
    public Span<float> AsSpan(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"[buffer] a part must lie inside; {offset} + {length} of {Length}");
        }

        return new Span<float>(Pointer + offset, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
        {
            NativeMemory.AlignedFree((void*)address);
            Interlocked.Add(ref s_liveBytes, -Length * sizeof(float));
            Interlocked.Decrement(ref s_liveCount);
        }
    }
}
