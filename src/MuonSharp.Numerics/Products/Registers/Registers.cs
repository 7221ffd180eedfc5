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

    /// <summary>Of as many rows as a register has lanes, the first four columns.</summary>
    static abstract void LoadTransposed(float* source, nint rowStride, out V c0, out V c1, out V c2, out V c3);

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
    public static void LoadTransposed(float* source, nint rowStride, out Vector512<float> c0, out Vector512<float> c1, out Vector512<float> c2, out Vector512<float> c3)
    {
        // Lane by lane of 128 bits the transposition of four rows by four columns.
        Vector512<float> r0 = Rows(source, 4 * rowStride), r1 = Rows(source + rowStride, 4 * rowStride);
        Vector512<float> r2 = Rows(source + (2 * rowStride), 4 * rowStride), r3 = Rows(source + (3 * rowStride), 4 * rowStride);
        Vector512<float> low02 = Avx512F.UnpackLow(r0, r2), low13 = Avx512F.UnpackLow(r1, r3);
        Vector512<float> high02 = Avx512F.UnpackHigh(r0, r2), high13 = Avx512F.UnpackHigh(r1, r3);
        (c0, c1) = (Avx512F.UnpackLow(low02, low13), Avx512F.UnpackHigh(low02, low13));
        (c2, c3) = (Avx512F.UnpackLow(high02, high13), Avx512F.UnpackHigh(high02, high13));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Avx512F.FusedMultiplyAdd(left, right, addend);

    /// <summary>Four floats of each of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Rows(float* source, nint stride) => Vector512.Create(
        Vector256.Create(Vector128.Load(source), Vector128.Load(source + stride)),
        Vector256.Create(Vector128.Load(source + (2 * stride)), Vector128.Load(source + (3 * stride))));
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
    public static void LoadTransposed(float* source, nint rowStride, out Vector256<float> c0, out Vector256<float> c1, out Vector256<float> c2, out Vector256<float> c3)
    {
        if (Avx.IsSupported)
        {
            Transposition.EightByFour(source, rowStride, out c0, out c1, out c2, out c3);
            return;
        }

        Register128.LoadTransposed(source, rowStride, out Vector128<float> a0, out Vector128<float> a1, out Vector128<float> a2, out Vector128<float> a3);
        Register128.LoadTransposed(source + (4 * rowStride), rowStride, out Vector128<float> b0, out Vector128<float> b1, out Vector128<float> b2, out Vector128<float> b3);
        (c0, c1, c2, c3) = (Vector256.Create(a0, b0), Vector256.Create(a1, b1), Vector256.Create(a2, b2), Vector256.Create(a3, b3));
    }

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
    public static void LoadTransposed(float* source, nint rowStride, out Vector128<float> c0, out Vector128<float> c1, out Vector128<float> c2, out Vector128<float> c3)
    {
        if (Transposition.IsAccelerated)
        {
            Transposition.FourByFour(source, rowStride, out c0, out c1, out c2, out c3);
            return;
        }

        float* second = source + rowStride, third = second + rowStride, fourth = third + rowStride;
        (c0, c1) = (Vector128.Create(source[0], second[0], third[0], fourth[0]), Vector128.Create(source[1], second[1], third[1], fourth[1]));
        (c2, c3) = (Vector128.Create(source[2], second[2], third[2], fourth[2]), Vector128.Create(source[3], second[3], third[3], fourth[3]));
    }

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
    public static void LoadTransposed(float* source, nint rowStride, out float c0, out float c1, out float c2, out float c3) =>
        (c0, c1, c2, c3) = (source[0], source[1], source[2], source[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float left, float right, float addend) =>
        VectorWidth.HasFusedMultiplyAdd ? MathF.FusedMultiplyAdd(left, right, addend) : (left * right) + addend;
}
