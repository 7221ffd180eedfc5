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

/// <summary>Four 128-bit registers: sixteen lanes.</summary>
/// <param name="a">Lanes 0 to 3.</param>
/// <param name="b">Lanes 4 to 7.</param>
/// <param name="c">Lanes 8 to 11.</param>
/// <param name="d">Lanes 12 to 15.</param>
public readonly struct VectorQuad(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
{
    /// <summary>Lanes 0 to 3.</summary>
    public readonly Vector128<float> A = a;

    /// <summary>Lanes 4 to 7.</summary>
    public readonly Vector128<float> B = b;

    /// <summary>Lanes 8 to 11.</summary>
    public readonly Vector128<float> C = c;

    /// <summary>Lanes 12 to 15.</summary>
    public readonly Vector128<float> D = d;
}
