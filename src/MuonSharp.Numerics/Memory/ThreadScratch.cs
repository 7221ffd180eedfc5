namespace MuonSharp.Numerics;

/// <summary>Working memory of one thread for packed panels: bounded, kept for the next product, freed with the thread.</summary>
internal static unsafe class ThreadScratch
{
    [ThreadStatic]
    private static NativeBuffer?[]? s_buffers;

    /// <summary>What the memory is for; each use has its own.</summary>
    public enum Use
    {
        /// <summary>Packed rows of A.</summary>
        Rows,

        /// <summary>Packed columns of B.</summary>
        Columns,
    }

    /// <summary>The calling thread's memory, at least so many floats; contents are undefined.</summary>
    /// <param name="use">What it is for.</param>
    /// <param name="floats">Floats that are needed.</param>
    /// <returns>The address of the first, aligned to a cache line.</returns>
    public static float* Rent(Use use, long floats)
    {
        ref var buffer = ref (s_buffers ??= new NativeBuffer?[2])[(int)use];
        if (buffer is null || buffer.Length < floats)
        {
            buffer?.Dispose();
            buffer = new NativeBuffer(floats, counted: false);
        }

        return buffer.Pointer;
    }
}
