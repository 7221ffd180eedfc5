using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Cli.Bench;

/// <summary>One vector register, as far as the measuring of the peak needs it.</summary>
/// <typeparam name="V">What the register holds.</typeparam>
internal interface IPeakRegister<V>
    where V : struct
{
    /// <summary>Floats in the register.</summary>
    static abstract int Floats { get; }

    /// <summary>The value in every float.</summary>
    static abstract V Broadcast(float value);

    /// <summary>a b + c.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>a + b.</summary>
    static abstract V Add(V a, V b);

    /// <summary>Any one float: what keeps the compiler from dropping the work.</summary>
    static abstract float First(V value);
}

/// <summary>512-bit registers.</summary>
internal readonly struct Peak512 : IPeakRegister<Vector512<float>>
{
    public static int Floats => Vector512<float>.Count;

    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAdd(a, b, c);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => Avx512F.Add(a, b);

    public static float First(Vector512<float> value) => value.ToScalar();
}

/// <summary>256-bit registers.</summary>
internal readonly struct Peak256 : IPeakRegister<Vector256<float>>
{
    public static int Floats => Vector256<float>.Count;

    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static float First(Vector256<float> value) => value.ToScalar();
}

/// <summary>128-bit registers.</summary>
internal readonly struct Peak128 : IPeakRegister<Vector128<float>>
{
    public static int Floats => Vector128<float>.Count;

    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.FusedMultiplyAdd(a, b, c);

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    public static float First(Vector128<float> value) => value.ToScalar();
}

/// <summary>One float and no fused multiply-add: where the processor has none.</summary>
internal readonly struct PeakScalar : IPeakRegister<float>
{
    public static int Floats => 1;

    public static float Broadcast(float value) => value;

    public static float MultiplyAdd(float a, float b, float c) => (a * b) + c;

    public static float Add(float a, float b) => a + b;

    public static float First(float value) => value;
}
