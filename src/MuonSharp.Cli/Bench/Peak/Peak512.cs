using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Cli.Bench;

/// <summary>512-bit registers.</summary>
internal readonly struct Peak512 : IPeakRegister<Vector512<float>>
{
    public static int Floats => Vector512<float>.Count;

    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAdd(a, b, c);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => Avx512F.Add(a, b);

    public static float First(Vector512<float> value) => value.ToScalar();
}
