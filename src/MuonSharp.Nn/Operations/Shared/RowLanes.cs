using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Loads and stores of a row's next sixteen floats, or of what is left of the row.</summary>
internal static unsafe class RowLanes
{
    /// <summary>Reads the next lanes; those beyond the row get a fill that the caller's formula ignores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TLanes, TVector>(float* source, int left, float fill = 0)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        left >= LaneDispatch.Count ? TLanes.Load(source) : LaneDispatch.LoadPart<TLanes, TVector>(source, left, fill);

    /// <summary>Writes the next lanes, none beyond the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TLanes, TVector>(float* destination, TVector value, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        if (left >= LaneDispatch.Count)
        {
            TLanes.Store(destination, value);
        }
        else
        {
            LaneDispatch.StorePart<TLanes, TVector>(destination, value, left);
        }
    }

    /// <summary>Writes the next lanes, or adds them to what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOrAdd<TLanes, TVector, TExtent>(float* destination, TVector value, int left, bool add)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent =>
        TExtent.Store<TLanes, TVector>(destination, add ? TLanes.Add(TExtent.Load<TLanes, TVector>(destination, left), value) : value, left);
}
