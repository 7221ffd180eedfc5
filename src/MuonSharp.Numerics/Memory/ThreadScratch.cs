using System.Runtime.InteropServices;

namespace MuonSharp.Numerics;

/// <summary>Working memory of one thread for packed panels: bounded by the largest product, kept for the next one, freed with the thread.</summary>
/// <remarks>It grows without touching the managed heap, at whatever moment a worker first takes a larger block. It lives as long as its thread, whose
/// end nobody else can bring about, and so counts apart: <see cref="NativeBuffer.ThreadBytes"/>. A team's workers free theirs when the team ends.</remarks>
internal sealed unsafe class ThreadScratch
{
    private static long s_bytes;

    [ThreadStatic]
    private static ThreadScratch? s_current;

    private nint _rows;
    private nint _columns;
    private long _rowFloats;
    private long _columnFloats;

    private ThreadScratch()
    {
    }

#pragma warning disable MA0055 // A thread has no other end that its memory could wait for.
    ~ThreadScratch() => Free();
#pragma warning restore MA0055

    /// <summary>Bytes that all threads hold.</summary>
    public static long Bytes => Interlocked.Read(ref s_bytes);

    /// <summary>Makes the calling thread's holder, so that no later use allocates a managed object.</summary>
    public static void Prepare() => s_current ??= new ThreadScratch();

    /// <summary>Frees the calling thread's memory; a later use starts anew.</summary>
    public static void Release()
    {
        if (s_current is { } mine)
        {
            s_current = null;
            mine.Free();
        }
    }

    /// <summary>Memory for packed rows of A; contents are undefined.</summary>
    /// <param name="floats">Floats that are needed.</param>
    /// <returns>The address of the first, aligned to a cache line.</returns>
    public static float* Rows(long floats)
    {
        Prepare();
        return Grow(ref s_current!._rows, ref s_current._rowFloats, floats);
    }

    /// <summary>Memory for packed columns of B; contents are undefined.</summary>
    /// <param name="floats">Floats that are needed.</param>
    /// <returns>The address of the first, aligned to a cache line.</returns>
    public static float* Columns(long floats)
    {
        Prepare();
        return Grow(ref s_current!._columns, ref s_current._columnFloats, floats);
    }

    private static float* Grow(ref nint address, ref long length, long floats)
    {
        if (length < floats)
        {
            Free(ref address, ref length);
            address = (nint)NativeMemory.AlignedAlloc(checked((nuint)floats * sizeof(float)), NativeBuffer.Alignment);
            length = floats;
            Interlocked.Add(ref s_bytes, length * sizeof(float));
        }

        return (float*)address;
    }

    private static void Free(ref nint address, ref long length)
    {
        NativeMemory.AlignedFree((void*)address);
        Interlocked.Add(ref s_bytes, -length * sizeof(float));
        (address, length) = (0, 0);
    }

    private void Free()
    {
        Free(ref _rows, ref _rowFloats);
        Free(ref _columns, ref _columnFloats);
    }
}
