using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>An elementwise formula of two inputs, on sixteen lanes.</summary>
internal interface IElementFormula
{
    /// <summary>The formula.</summary>
    static abstract TVector Apply<TLanes, TVector>(TVector a, TVector b)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}
