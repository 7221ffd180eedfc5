using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>How much of a vector exists: all of it inside a row, or a part at its end.</summary>
/// <remarks>A loop over a row has one body, generic over this: inlined for whole vectors, and once more in a method of its own, never inlined, for
/// the rest of the row. A call inside the loop, even one that is never made, would keep the compiler from holding values in registers.</remarks>
internal unsafe interface IExtent
{
    /// <summary>Reads the next lanes; those beyond the row get a fill that the caller's formula ignores.</summary>
    static abstract TVector Load<TLanes, TVector>(float* source, int left, float fill = 0)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;

    /// <summary>Writes the next lanes, none beyond the row.</summary>
    static abstract void Store<TLanes, TVector>(float* destination, TVector value, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}
