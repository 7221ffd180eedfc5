using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>Words of as many blocks of <see cref="Philox"/> as a register has 64-bit lanes: a word in the lower half of each lane, anything in the upper.</summary>
/// <typeparam name="V">The register.</typeparam>
internal unsafe interface IPhiloxVector<V>
    where V : struct
{
    /// <summary>Blocks of a register.</summary>
    static abstract int Blocks { get; }

    /// <summary>Which block of them each lane has: in each pair of lanes one of the first half and one of the second.</summary>
    static abstract V Order { get; }

    /// <summary>The same word in every lane.</summary>
    static abstract V Broadcast(uint word);

    /// <summary>The sums of the words.</summary>
    static abstract V Add(V left, V right);

    /// <summary>The products of the words, of 64 bits.</summary>
    static abstract V Multiply(V left, V right);

    /// <summary>The upper halves of the lanes as words.</summary>
    static abstract V High(V value);

    /// <summary>a ^ b ^ c.</summary>
    static abstract V Xor(V a, V b, V c);

    /// <summary>Writes the blocks, one behind the other, four words each.</summary>
    static abstract void Store(uint* to, V a, V b, V c, V d);
}

/// <summary>Eight blocks.</summary>
internal readonly unsafe struct Philox512 : IPhiloxVector<Vector512<ulong>>
{
    public static int Blocks => Vector512<ulong>.Count;

    public static Vector512<ulong> Order => Vector512.Create(0UL, 4, 1, 5, 2, 6, 3, 7);

    private static Vector512<ulong> Words => Vector512.Create((ulong)uint.MaxValue);

    private static Vector512<ulong> Odd => Vector512.Create(0, ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Broadcast(uint word) => Vector512.Create((ulong)word);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Add(Vector512<ulong> left, Vector512<ulong> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Multiply(Vector512<ulong> left, Vector512<ulong> right) =>
        Avx512F.IsSupported ? Avx512F.Multiply(left.AsUInt32(), right.AsUInt32()) : (left & Words) * (right & Words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> High(Vector512<ulong> value) => value >>> 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Xor(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c) => a ^ b ^ c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(uint* to, Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d)
    {
        Vector512<ulong> left = (a & Words) | (b << 32), right = (c & Words) | (d << 32);
        Vector512.ConditionalSelect(Odd, Vector512.Shuffle(right, Vector512.Create(0UL, 0, 2, 2, 4, 4, 6, 6)), left).Store((ulong*)to);
        Vector512.ConditionalSelect(Odd, right, Vector512.Shuffle(left, Vector512.Create(1UL, 1, 3, 3, 5, 5, 7, 7))).Store((ulong*)to + Blocks);
    }
}

/// <summary>Four blocks.</summary>
internal readonly unsafe struct Philox256 : IPhiloxVector<Vector256<ulong>>
{
    public static int Blocks => Vector256<ulong>.Count;

    public static Vector256<ulong> Order => Vector256.Create(0UL, 2, 1, 3);

    private static Vector256<ulong> Words => Vector256.Create((ulong)uint.MaxValue);

    private static Vector256<ulong> Odd => Vector256.Create(0, ulong.MaxValue, 0, ulong.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Broadcast(uint word) => Vector256.Create((ulong)word);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Add(Vector256<ulong> left, Vector256<ulong> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Multiply(Vector256<ulong> left, Vector256<ulong> right) =>
        Avx2.IsSupported ? Avx2.Multiply(left.AsUInt32(), right.AsUInt32()) : (left & Words) * (right & Words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> High(Vector256<ulong> value) => value >>> 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Xor(Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c) => a ^ b ^ c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(uint* to, Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c, Vector256<ulong> d)
    {
        Vector256<ulong> left = (a & Words) | (b << 32), right = (c & Words) | (d << 32);
        Vector256.ConditionalSelect(Odd, Vector256.Shuffle(right, Vector256.Create(0UL, 0, 2, 2)), left).Store((ulong*)to);
        Vector256.ConditionalSelect(Odd, right, Vector256.Shuffle(left, Vector256.Create(1UL, 1, 3, 3))).Store((ulong*)to + Blocks);
    }
}

/// <summary>Two blocks.</summary>
internal readonly unsafe struct Philox128 : IPhiloxVector<Vector128<ulong>>
{
    public static int Blocks => Vector128<ulong>.Count;

    public static Vector128<ulong> Order => Vector128.Create(0UL, 1);

    private static Vector128<ulong> Words => Vector128.Create((ulong)uint.MaxValue);

    private static Vector128<ulong> Odd => Vector128.Create(0, ulong.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Broadcast(uint word) => Vector128.Create((ulong)word);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Add(Vector128<ulong> left, Vector128<ulong> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Multiply(Vector128<ulong> left, Vector128<ulong> right) =>
        Sse2.IsSupported ? Sse2.Multiply(left.AsUInt32(), right.AsUInt32())
        : AdvSimd.IsSupported ? AdvSimd.MultiplyWideningLower(AdvSimd.ExtractNarrowingLower(left), AdvSimd.ExtractNarrowingLower(right))
        : (left & Words) * (right & Words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> High(Vector128<ulong> value) => value >>> 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Xor(Vector128<ulong> a, Vector128<ulong> b, Vector128<ulong> c) => a ^ b ^ c;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(uint* to, Vector128<ulong> a, Vector128<ulong> b, Vector128<ulong> c, Vector128<ulong> d)
    {
        Vector128<ulong> left = (a & Words) | (b << 32), right = (c & Words) | (d << 32);
        Vector128.ConditionalSelect(Odd, Vector128.Shuffle(right, Vector128.Create(0UL, 0)), left).Store((ulong*)to);
        Vector128.ConditionalSelect(Odd, right, Vector128.Shuffle(left, Vector128.Create(1UL, 1))).Store((ulong*)to + Blocks);
    }
}
