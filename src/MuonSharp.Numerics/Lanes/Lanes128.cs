using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MuonSharp.Numerics;

/// <summary>Sixteen lanes in four 128-bit registers.</summary>
public readonly unsafe struct Lanes128 : ILanes<VectorQuad>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Load(float* source) =>
        new(Vector128.Load(source), Vector128.Load(source + 4), Vector128.Load(source + 8), Vector128.Load(source + 12));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, VectorQuad value)
    {
        value.A.Store(destination);
        value.B.Store(destination + 4);
        value.C.Store(destination + 8);
        value.D.Store(destination + 12);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad LoadPart(float* source, int count, float fill = 0) => LaneMasks.LoadPart<Lanes128, VectorQuad>(source, count, fill);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePart(float* destination, VectorQuad value, int count) => LaneMasks.StorePart<Lanes128, VectorQuad>(destination, value, count);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Broadcast(float value)
    {
        var part = Vector128.Create(value);
        return new(part, part, part, part);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Add(VectorQuad left, VectorQuad right) =>
        new(
            Vector128.Add(left.A, right.A),
            Vector128.Add(left.B, right.B),
            Vector128.Add(left.C, right.C),
            Vector128.Add(left.D, right.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Subtract(VectorQuad left, VectorQuad right) =>
        new(
            Vector128.Subtract(left.A, right.A),
            Vector128.Subtract(left.B, right.B),
            Vector128.Subtract(left.C, right.C),
            Vector128.Subtract(left.D, right.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Multiply(VectorQuad left, VectorQuad right) =>
        new(
            Vector128.Multiply(left.A, right.A),
            Vector128.Multiply(left.B, right.B),
            Vector128.Multiply(left.C, right.C),
            Vector128.Multiply(left.D, right.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Divide(VectorQuad left, VectorQuad right) =>
        new(
            Vector128.Divide(left.A, right.A),
            Vector128.Divide(left.B, right.B),
            Vector128.Divide(left.C, right.C),
            Vector128.Divide(left.D, right.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad MultiplyAdd(VectorQuad left, VectorQuad right, VectorQuad addend) =>
        new(
            LaneOperations.MultiplyAdd(left.A, right.A, addend.A),
            LaneOperations.MultiplyAdd(left.B, right.B, addend.B),
            LaneOperations.MultiplyAdd(left.C, right.C, addend.C),
            LaneOperations.MultiplyAdd(left.D, right.D, addend.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Min(VectorQuad left, VectorQuad right) =>
        new(
            Vector128.MinNative(left.A, right.A),
            Vector128.MinNative(left.B, right.B),
            Vector128.MinNative(left.C, right.C),
            Vector128.MinNative(left.D, right.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Max(VectorQuad left, VectorQuad right) =>
        new(
            Vector128.MaxNative(left.A, right.A),
            Vector128.MaxNative(left.B, right.B),
            Vector128.MaxNative(left.C, right.C),
            Vector128.MaxNative(left.D, right.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Sqrt(VectorQuad value) =>
        new(Vector128.Sqrt(value.A), Vector128.Sqrt(value.B), Vector128.Sqrt(value.C), Vector128.Sqrt(value.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Abs(VectorQuad value) =>
        new(Vector128.Abs(value.A), Vector128.Abs(value.B), Vector128.Abs(value.C), Vector128.Abs(value.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad CopySign(VectorQuad magnitude, VectorQuad sign) =>
        new(
            Vector128.CopySign(magnitude.A, sign.A),
            Vector128.CopySign(magnitude.B, sign.B),
            Vector128.CopySign(magnitude.C, sign.C),
            Vector128.CopySign(magnitude.D, sign.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Round(VectorQuad value) =>
        new(
            LaneOperations.Round(value.A),
            LaneOperations.Round(value.B),
            LaneOperations.Round(value.C),
            LaneOperations.Round(value.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Scale(VectorQuad value, VectorQuad exponent) =>
        new(
            LaneOperations.Scale(value.A, exponent.A),
            LaneOperations.Scale(value.B, exponent.B),
            LaneOperations.Scale(value.C, exponent.C),
            LaneOperations.Scale(value.D, exponent.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad LessThan(VectorQuad left, VectorQuad right) =>
        new(
            Vector128.LessThan(left.A, right.A),
            Vector128.LessThan(left.B, right.B),
            Vector128.LessThan(left.C, right.C),
            Vector128.LessThan(left.D, right.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad AreBelow(uint* words, uint bound)
    {
        var limit = Vector128.Create(bound);
        return new(Part(words), Part(words + Vector128<uint>.Count), Part(words + (2 * Vector128<uint>.Count)), Part(words + (3 * Vector128<uint>.Count)));

        Vector128<float> Part(uint* some) => Vector128.LessThan(Vector128.Load(some), limit).AsSingle();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Choose(VectorQuad mask, VectorQuad whenTrue, VectorQuad whenFalse) =>
        new(
            Vector128.ConditionalSelect(mask.A, whenTrue.A, whenFalse.A),
            Vector128.ConditionalSelect(mask.B, whenTrue.B, whenFalse.B),
            Vector128.ConditionalSelect(mask.C, whenTrue.C, whenFalse.C),
            Vector128.ConditionalSelect(mask.D, whenTrue.D, whenFalse.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorQuad Mantissa(VectorQuad value, out VectorQuad exponent)
    {
        VectorQuad mantissa = new(
            LaneOperations.Mantissa(value.A, out Vector128<float> e0),
            LaneOperations.Mantissa(value.B, out Vector128<float> e1),
            LaneOperations.Mantissa(value.C, out Vector128<float> e2),
            LaneOperations.Mantissa(value.D, out Vector128<float> e3));
        exponent = new(e0, e1, e2, e3);
        return mantissa;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool All(VectorQuad mask) =>
        Vector128.EqualsAll((mask.A & mask.B & mask.C & mask.D).AsInt32(), Vector128<int>.AllBitsSet);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(VectorQuad value) => LaneOperations.Sum((value.A + value.C) + (value.B + value.D));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(VectorQuad value) =>
        LaneOperations.Maximum(Vector128.MaxNative(Vector128.MaxNative(value.A, value.C), Vector128.MaxNative(value.B, value.D)));
}
