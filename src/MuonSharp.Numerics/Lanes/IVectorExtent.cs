using System.Runtime.CompilerServices;

namespace MuonSharp.Numerics;

/// <summary>How much of a vector exists: all of it inside a row, or a part at its end.</summary>
/// <remarks>A loop over a row has one body, generic over this: inlined for whole vectors, and once more in a method of its own, never inlined, for
/// the rest of the row. A call inside the loop, even one that is never made, would keep the compiler from holding values in registers.</remarks>
public unsafe interface IVectorExtent
{
    /// <summary>Reads the next lanes; those beyond the row get a fill that the caller's formula ignores.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <param name="source">Address of the first.</param>
    /// <param name="left">Floats that are left of the row, 1 or more.</param>
    /// <param name="fill">Value of the lanes beyond the row.</param>
    /// <returns>The lanes.</returns>
    static abstract V Load<L, V>(float* source, int left, float fill = 0)
        where L : struct, ILanes<V>
        where V : struct;

    /// <summary>Writes the next lanes, none beyond the row.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <param name="destination">Address of the first.</param>
    /// <param name="value">The lanes.</param>
    /// <param name="left">Floats that are left of the row, 1 or more.</param>
    static abstract void Store<L, V>(float* destination, V value, int left)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>Sixteen lanes that all exist.</summary>
public readonly unsafe struct FullVector : IVectorExtent
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<L, V>(float* source, int left, float fill = 0)
        where L : struct, ILanes<V>
        where V : struct => L.Load(source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<L, V>(float* destination, V value, int left)
        where L : struct, ILanes<V>
        where V : struct => L.Store(destination, value);
}

/// <summary>The lanes that are left at the end of a row, fewer than sixteen.</summary>
public readonly unsafe struct RowEnd : IVectorExtent
{
    /// <inheritdoc/>
    public static V Load<L, V>(float* source, int left, float fill = 0)
        where L : struct, ILanes<V>
        where V : struct => L.LoadPart(source, left, fill);

    /// <inheritdoc/>
    public static void Store<L, V>(float* destination, V value, int left)
        where L : struct, ILanes<V>
        where V : struct => L.StorePart(destination, value, left);
}

/// <summary>What loops over rows do with either extent.</summary>
public static unsafe class VectorExtents
{
    /// <summary>Writes the next lanes, or adds them to what is there.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <typeparam name="TExtent">How much of the vector exists.</typeparam>
    /// <param name="destination">Address of the first.</param>
    /// <param name="value">The lanes.</param>
    /// <param name="left">Floats that are left of the row, 1 or more.</param>
    /// <param name="add">Whether to add to what is there.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOrAdd<L, V, TExtent>(float* destination, V value, int left, bool add)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent =>
        TExtent.Store<L, V>(destination, add ? L.Add(TExtent.Load<L, V>(destination, left), value) : value, left);
}
