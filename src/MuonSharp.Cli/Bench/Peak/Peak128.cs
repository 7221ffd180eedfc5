using System.Runtime.Intrinsics;

namespace MuonSharp.Cli.Bench;

/// <summary>128-bit registers.</summary>
internal readonly struct Peak128 : IPeakRegister<Vector128<float>>
{
    public static int Floats => Vector128<float>.Count;

    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.FusedMultiplyAdd(a, b, c);

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    public static float First(Vector128<float> value) => value.ToScalar();
}
