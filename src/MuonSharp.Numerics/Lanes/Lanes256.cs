using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>Sixteen lanes in two 256-bit registers.</summary>
public readonly unsafe struct Lanes256 : ILanes<VectorPair>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, VectorPair value)
    {
        value.A.Store(destination);
        value.B.Store(destination + 8);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair LoadPart(float* source, int count, float fill = 0)
    {
        if (!Avx.IsSupported)
        {
            return LaneMasks.LoadPart<Lanes256, VectorPair>(source, count, fill);
        }

        VectorPair mask = LaneMasks.First256(count);
        var rest = Vector256.Create(fill);
        return new(
            Vector256.ConditionalSelect(mask.A, Avx.MaskLoad(source, mask.A), rest),
            Vector256.ConditionalSelect(mask.B, Avx.MaskLoad(source + Vector256<float>.Count, mask.B), rest));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePart(float* destination, VectorPair value, int count)
    {
        if (!Avx.IsSupported)
        {
            LaneMasks.StorePart<Lanes256, VectorPair>(destination, value, count);
            return;
        }

        VectorPair mask = LaneMasks.First256(count);
        Avx.MaskStore(destination, mask.A, value.A);
        Avx.MaskStore(destination + Vector256<float>.Count, mask.B, value.B);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Broadcast(float value)
    {
        var part = Vector256.Create(value);
        return new(part, part);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Add(VectorPair left, VectorPair right) =>
        new(Vector256.Add(left.A, right.A), Vector256.Add(left.B, right.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Subtract(VectorPair left, VectorPair right) =>
        new(Vector256.Subtract(left.A, right.A), Vector256.Subtract(left.B, right.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Multiply(VectorPair left, VectorPair right) =>
        new(Vector256.Multiply(left.A, right.A), Vector256.Multiply(left.B, right.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Divide(VectorPair left, VectorPair right) =>
        new(Vector256.Divide(left.A, right.A), Vector256.Divide(left.B, right.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair MultiplyAdd(VectorPair left, VectorPair right, VectorPair addend) =>
        new(LaneOperations.MultiplyAdd(left.A, right.A, addend.A), LaneOperations.MultiplyAdd(left.B, right.B, addend.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Min(VectorPair left, VectorPair right) =>
        new(Vector256.MinNative(left.A, right.A), Vector256.MinNative(left.B, right.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Max(VectorPair left, VectorPair right) =>
        new(Vector256.MaxNative(left.A, right.A), Vector256.MaxNative(left.B, right.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Sqrt(VectorPair value) => new(Vector256.Sqrt(value.A), Vector256.Sqrt(value.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Abs(VectorPair value) => new(Vector256.Abs(value.A), Vector256.Abs(value.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair CopySign(VectorPair magnitude, VectorPair sign) =>
        new(Vector256.CopySign(magnitude.A, sign.A), Vector256.CopySign(magnitude.B, sign.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Round(VectorPair value) => new(LaneOperations.Round(value.A), LaneOperations.Round(value.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Scale(VectorPair value, VectorPair exponent) =>
        new(LaneOperations.Scale(value.A, exponent.A), LaneOperations.Scale(value.B, exponent.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair LessThan(VectorPair left, VectorPair right) =>
        new(Vector256.LessThan(left.A, right.A), Vector256.LessThan(left.B, right.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair AreBelow(uint* words, uint bound)
    {
        var limit = Vector256.Create(bound);
        return new(Vector256.LessThan(Vector256.Load(words), limit).AsSingle(), Vector256.LessThan(Vector256.Load(words + Vector256<uint>.Count), limit).AsSingle());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Choose(VectorPair mask, VectorPair whenTrue, VectorPair whenFalse) =>
        new(
            Vector256.ConditionalSelect(mask.A, whenTrue.A, whenFalse.A),
            Vector256.ConditionalSelect(mask.B, whenTrue.B, whenFalse.B));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorPair Mantissa(VectorPair value, out VectorPair exponent)
    {
        VectorPair mantissa = new(
            LaneOperations.Mantissa(value.A, out Vector256<float> e0),
            LaneOperations.Mantissa(value.B, out Vector256<float> e1));
        exponent = new(e0, e1);
        return mantissa;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool All(VectorPair mask) => Vector256.EqualsAll((mask.A & mask.B).AsInt32(), Vector256<int>.AllBitsSet);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(VectorPair value) => LaneOperations.Sum(value.A + value.B);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(VectorPair value) => LaneOperations.Maximum(Vector256.MaxNative(value.A, value.B));
}
