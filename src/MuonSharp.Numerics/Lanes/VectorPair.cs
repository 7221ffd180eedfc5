using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Two 256-bit registers: sixteen lanes.</summary>
/// <param name="a">Lanes 0 to 7.</param>
/// <param name="b">Lanes 8 to 15.</param>
public readonly struct VectorPair(Vector256<float> a, Vector256<float> b)
{
    /// <summary>Lanes 0 to 7.</summary>
    public readonly Vector256<float> A = a;

    /// <summary>Lanes 8 to 15.</summary>
    public readonly Vector256<float> B = b;
}
