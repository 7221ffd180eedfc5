using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>One vector register as the micro-kernels use it: the native width, not sixteen lanes.</summary>
/// <typeparam name="V">The register's type.</typeparam>
internal unsafe interface IRegister<V>
    where V : struct
{
    /// <summary>Floats in a register.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of the largest tile whose accumulators, two registers a row, fit the register file; a multiple of 3.</summary>
    static abstract int TileRows { get; }

    static abstract V Zero { get; }

    static abstract V Load(float* source);

    static abstract void Store(float* destination, V value);

    static abstract V Broadcast(float* source);

    /// <summary>left times right plus addend, fused where the machine can.</summary>
    static abstract V MultiplyAdd(V left, V right, V addend);
}

/// <summary>A register of 512 bits.</summary>
/// <remarks>The processor's own instructions, since <c>Vector512.IsHardwareAccelerated</c> is false on some processors that have them.</remarks>
internal readonly unsafe struct Register512 : IRegister<Vector512<float>>
{
    public static int Count => 16;

    public static int TileRows => 12;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector512<float> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float* source) => Vector512.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Avx512F.FusedMultiplyAdd(left, right, addend);
}

/// <summary>A register of 256 bits.</summary>
internal readonly unsafe struct Register256 : IRegister<Vector256<float>>
{
    public static int Count => 8;

    public static int TileRows => 6;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector256<float> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float* source) => Vector256.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        LaneOperations.MultiplyAdd(left, right, addend);
}

/// <summary>A register of 128 bits.</summary>
/// <remarks>Arm has 32 registers, x86 without AVX has 16.</remarks>
internal readonly unsafe struct Register128 : IRegister<Vector128<float>>
{
    public static int Count => 4;

    public static int TileRows => AdvSimd.IsSupported ? 12 : 6;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector128<float> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float* source) => Vector128.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        LaneOperations.MultiplyAdd(left, right, addend);
}

/// <summary>One float: the path of machines without vectors.</summary>
internal readonly unsafe struct RegisterScalar : IRegister<float>
{
    public static int Count => 1;

    public static int TileRows => 6;

    public static float Zero => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, float value) => *destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Broadcast(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float left, float right, float addend) =>
        VectorWidth.HasFusedMultiplyAdd ? MathF.FusedMultiplyAdd(left, right, addend) : (left * right) + addend;
}
