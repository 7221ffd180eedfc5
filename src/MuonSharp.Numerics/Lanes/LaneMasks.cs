using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>The first lanes of sixteen: as masks where the machine reads and writes by them, through memory elsewhere.</summary>
internal static unsafe class LaneMasks
{
    /// <summary>As many set lanes as clear ones: where a mask is read from decides how many it has of each.</summary>
    private static ReadOnlySpan<int> Steps =>
    [
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>Set in the first lanes.</summary>
    /// <param name="count">How many, 0 to 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> First512(int count) => Vector512.LoadUnsafe(in Steps[LaneDispatch.Count - count]).AsSingle();

    /// <summary>Set in the first lanes.</summary>
    /// <param name="count">How many, 0 to 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair First256(int count)
    {
        ref readonly int first = ref Steps[LaneDispatch.Count - count];
        return new(Vector256.LoadUnsafe(in first).AsSingle(), Vector256.LoadUnsafe(in first, (nuint)Vector256<int>.Count).AsSingle());
    }

    /// <summary>Reads the first lanes and fills the others.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V LoadPart<L, V>(float* source, int count, float fill)
        where L : struct, ILanes<V>
        where V : struct
    {
        float* part = stackalloc float[LaneDispatch.Count];
        new Span<float>(part, LaneDispatch.Count).Fill(fill);
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(part, LaneDispatch.Count));
        return L.Load(part);
    }

    /// <summary>Writes the first lanes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StorePart<L, V>(float* destination, V value, int count)
        where L : struct, ILanes<V>
        where V : struct
    {
        float* part = stackalloc float[LaneDispatch.Count];
        L.Store(part, value);
        new ReadOnlySpan<float>(part, count).CopyTo(new Span<float>(destination, count));
    }
}
