using System.Runtime.Intrinsics;

namespace MuonSharp.Cli.Bench;

/// <summary>256-bit registers.</summary>
internal readonly struct Peak256 : IPeakRegister<Vector256<float>>
{
    public static int Floats => Vector256<float>.Count;

    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static float First(Vector256<float> value) => value.ToScalar();
}
