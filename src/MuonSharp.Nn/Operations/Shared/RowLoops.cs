using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>How much of a vector exists: all of it inside a row, or a part at its end.</summary>
/// <remarks>A loop over a row has one body, generic over this: inlined for whole vectors, and once more in a method of its own, never inlined, for
/// the rest of the row. A call inside the loop, even one that is never made, would keep the compiler from holding values in registers.</remarks>
internal unsafe interface IExtent
{
    /// <summary>Reads the next lanes; those beyond the row get a fill that the caller's formula ignores.</summary>
    static abstract V Load<L, V>(float* source, int left, float fill = 0)
        where L : struct, ILanes<V>
        where V : struct;

    /// <summary>Writes the next lanes, none beyond the row.</summary>
    static abstract void Store<L, V>(float* destination, V value, int left)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>Sixteen lanes that all exist.</summary>
internal readonly unsafe struct Whole : IExtent
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<L, V>(float* source, int left, float fill = 0)
        where L : struct, ILanes<V>
        where V : struct => L.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L, V>(float* destination, V value, int left)
        where L : struct, ILanes<V>
        where V : struct => L.Store(destination, value);
}

/// <summary>The lanes that are left at the end of a row.</summary>
internal readonly unsafe struct Part : IExtent
{
    public static V Load<L, V>(float* source, int left, float fill = 0)
        where L : struct, ILanes<V>
        where V : struct => LaneDispatch.LoadPart<L, V>(source, left, fill);

    public static void Store<L, V>(float* destination, V value, int left)
        where L : struct, ILanes<V>
        where V : struct => LaneDispatch.StorePart<L, V>(destination, value, left);
}

/// <summary>Loads and stores of a row's next sixteen floats, or of what is left of the row.</summary>
internal static unsafe class RowLanes
{
    /// <summary>Reads the next lanes; those beyond the row get a fill that the caller's formula ignores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<L, V>(float* source, int left, float fill = 0)
        where L : struct, ILanes<V>
        where V : struct =>
        left >= LaneDispatch.Count ? L.Load(source) : LaneDispatch.LoadPart<L, V>(source, left, fill);

    /// <summary>Writes the next lanes, none beyond the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L, V>(float* destination, V value, int left)
        where L : struct, ILanes<V>
        where V : struct
    {
        if (left >= LaneDispatch.Count)
        {
            L.Store(destination, value);
        }
        else
        {
            LaneDispatch.StorePart<L, V>(destination, value, left);
        }
    }

    /// <summary>Writes the next lanes, or adds them to what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOrAdd<L, V, TExtent>(float* destination, V value, int left, bool add)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IExtent =>
        TExtent.Store<L, V>(destination, add ? L.Add(TExtent.Load<L, V>(destination, left), value) : value, left);
}

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
internal static class Cut
{
    /// <summary>Elements of a task: a few microseconds of work, well inside the nearest caches.</summary>
    public const int Elements = 8192;

    /// <summary>Rows of a task over rows of that width.</summary>
    public static int RowsPerTask(int columns) => Math.Max(1, Elements / columns);

    /// <summary>Number of pieces of a size that cover a length.</summary>
    public static int Pieces(long length, int size) => checked((int)((length + size - 1) / size));
}
