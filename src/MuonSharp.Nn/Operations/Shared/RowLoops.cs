using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Masks of the first lanes, for the end of a row in memory that reaches on.</summary>
internal static unsafe class LaneMask
{
    private static ReadOnlySpan<int> Table =>
    [
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>All-ones in the first lanes, zeros in the others.</summary>
    /// <param name="count">How many, 0 to 16.</param>
    /// <returns>The mask.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V First<L, V>(int count)
        where L : struct, ILanes<V>
        where V : struct
    {
        // A constant of the assembly stays where it is.
        float* table = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Table));
        return L.Load(table + LaneDispatch.Count - count);
    }
}

/// <summary>How loops over rows and elements are cut into tasks: by shape alone, so that results do not depend on the threads.</summary>
internal static class TaskSize
{
    /// <summary>Elements of a task: a few microseconds of work, well inside the nearest caches.</summary>
    public const int Elements = 8192;

    /// <summary>Rows of a task over rows of that width.</summary>
    public static int RowsPerTask(int columns) => Math.Max(1, Elements / columns);

    /// <summary>Number of pieces of a size that cover a length.</summary>
    public static int Pieces(long length, int size) => checked((int)((length + size - 1) / size));
}
