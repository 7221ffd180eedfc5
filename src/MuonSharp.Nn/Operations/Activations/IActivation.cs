using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>An elementwise nonlinearity y = f(x) on sixteen lanes.</summary>
internal interface IActivation
{
    /// <summary>Whether f is the identity, which costs nothing.</summary>
    static abstract bool IsIdentity { get; }

    /// <summary>Whether the derivative is computed from y, so that nothing else need be kept.</summary>
    static abstract bool DerivativeFromOutput { get; }

    /// <summary>f(x).</summary>
    static abstract TVector Value<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;

    /// <summary>f(x) and f'(x), which share most of their work.</summary>
    static abstract TVector Value<TLanes, TVector>(TVector x, out TVector derivative)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;

    /// <summary>f'(x) from y, if <see cref="DerivativeFromOutput"/>, and else from x.</summary>
    static abstract TVector Derivative<TLanes, TVector>(TVector kept)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}
