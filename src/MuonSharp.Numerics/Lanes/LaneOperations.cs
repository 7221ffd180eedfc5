using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MuonSharp.Numerics;

/// <summary>Operations on registers that the framework does not have in the form that lanes need.</summary>
internal static class LaneOperations
{
    private const int MantissaBits = 23;
    private const int ExponentBias = 127;
    private const float RoundingShift = 12582912f;

    /// <summary>left times right plus addend, fused where the machine can.</summary>
    /// <remarks>One call of the framework, which decides as <see cref="VectorWidth.HasFusedMultiplyAdd"/> does: after a choice written here, the compiler would overwrite a factor and copy it to the sum.</remarks>
    /// <param name="left">Left factor.</param>
    /// <param name="right">Right factor.</param>
    /// <param name="addend">Addend.</param>
    /// <returns>The result.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.MultiplyAddEstimate(left, right, addend);

    /// <summary>The nearest integer, ties to even, for magnitudes below 2²²: adding 1.5 2²³ pushes the fraction out of the mantissa.</summary>
    /// <param name="value">Operand.</param>
    /// <returns>The integer, as a float.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> value)
    {
        var shift = Vector512.Create(RoundingShift);
        return (value + shift) - shift;
    }

    /// <summary>value times 2 to the power of an integer-valued float: in two factors, since 2^128 alone would already be infinity.</summary>
    /// <param name="value">Operand.</param>
    /// <param name="exponent">The integer, -127 to 129.</param>
    /// <returns>The product.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> value, Vector512<float> exponent)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.Scale(value, exponent);
        }

        Vector512<float> half = Round(exponent * Vector512.Create(0.5f));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>Splits a positive normal number into m in [0.5, 1) and e with x = m 2^e.</summary>
    /// <param name="value">Positive, normal.</param>
    /// <param name="exponent">Out: e.</param>
    /// <returns>m.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Mantissa(Vector512<float> value, out Vector512<float> exponent)
    {
        Vector512<int> bits = value.AsInt32();
        exponent = Vector512.ConvertToSingle(Vector512.ShiftRightLogical(bits, MantissaBits) - Vector512.Create(ExponentBias - 1));
        return ((bits & Vector512.Create((1 << MantissaBits) - 1)) | Vector512.Create((ExponentBias - 1) << MantissaBits)).AsSingle();
    }

    /// <summary>left times right plus addend, fused where the machine can.</summary>
    /// <param name="left">Left factor.</param>
    /// <param name="right">Right factor.</param>
    /// <param name="addend">Addend.</param>
    /// <returns>The result.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.MultiplyAddEstimate(left, right, addend);

    /// <summary>The nearest integer, ties to even, for magnitudes below 2²²: adding 1.5 2²³ pushes the fraction out of the mantissa.</summary>
    /// <param name="value">Operand.</param>
    /// <returns>The integer, as a float.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> value)
    {
        var shift = Vector256.Create(RoundingShift);
        return (value + shift) - shift;
    }

    /// <summary>value times 2 to the power of an integer-valued float: in two factors, since 2^128 alone would already be infinity.</summary>
    /// <param name="value">Operand.</param>
    /// <param name="exponent">The integer, -127 to 129.</param>
    /// <returns>The product.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> value, Vector256<float> exponent)
    {
        Vector256<float> half = Round(exponent * Vector256.Create(0.5f));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>Splits a positive normal number into m in [0.5, 1) and e with x = m 2^e.</summary>
    /// <param name="value">Positive, normal.</param>
    /// <param name="exponent">Out: e.</param>
    /// <returns>m.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Mantissa(Vector256<float> value, out Vector256<float> exponent)
    {
        Vector256<int> bits = value.AsInt32();
        exponent = Vector256.ConvertToSingle(Vector256.ShiftRightLogical(bits, MantissaBits) - Vector256.Create(ExponentBias - 1));
        return ((bits & Vector256.Create((1 << MantissaBits) - 1)) | Vector256.Create((ExponentBias - 1) << MantissaBits)).AsSingle();
    }

    /// <summary>left times right plus addend, fused where the machine can.</summary>
    /// <param name="left">Left factor.</param>
    /// <param name="right">Right factor.</param>
    /// <param name="addend">Addend.</param>
    /// <returns>The result.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.MultiplyAddEstimate(left, right, addend);

    /// <summary>The nearest integer, ties to even, for magnitudes below 2²²: adding 1.5 2²³ pushes the fraction out of the mantissa.</summary>
    /// <param name="value">Operand.</param>
    /// <returns>The integer, as a float.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> value)
    {
        var shift = Vector128.Create(RoundingShift);
        return (value + shift) - shift;
    }

    /// <summary>value times 2 to the power of an integer-valued float: in two factors, since 2^128 alone would already be infinity.</summary>
    /// <param name="value">Operand.</param>
    /// <param name="exponent">The integer, -127 to 129.</param>
    /// <returns>The product.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scale(Vector128<float> value, Vector128<float> exponent)
    {
        Vector128<float> half = Round(exponent * Vector128.Create(0.5f));
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>Splits a positive normal number into m in [0.5, 1) and e with x = m 2^e.</summary>
    /// <param name="value">Positive, normal.</param>
    /// <param name="exponent">Out: e.</param>
    /// <returns>m.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Mantissa(Vector128<float> value, out Vector128<float> exponent)
    {
        Vector128<int> bits = value.AsInt32();
        exponent = Vector128.ConvertToSingle(Vector128.ShiftRightLogical(bits, MantissaBits) - Vector128.Create(ExponentBias - 1));
        return ((bits & Vector128.Create((1 << MantissaBits) - 1)) | Vector128.Create((ExponentBias - 1) << MantissaBits)).AsSingle();
    }

    /// <summary>Sum of eight lanes, by halves.</summary>
    /// <param name="value">The lanes.</param>
    /// <returns>The sum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> value) => Sum(value.GetLower() + value.GetUpper());

    /// <summary>Sum of four lanes, by halves.</summary>
    /// <param name="value">The lanes.</param>
    /// <returns>The sum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> value)
    {
        Vector128<float> pair = value + Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1));
        return pair.ToScalar() + pair.GetElement(1);
    }

    /// <summary>Greatest of eight lanes.</summary>
    /// <param name="value">The lanes.</param>
    /// <returns>The maximum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(Vector256<float> value) => Maximum(Vector128.MaxNative(value.GetLower(), value.GetUpper()));

    /// <summary>Greatest of four lanes.</summary>
    /// <param name="value">The lanes.</param>
    /// <returns>The maximum.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Maximum(Vector128<float> value)
    {
        var pair = Vector128.MaxNative(value, Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1)));
        return float.MaxNative(pair.ToScalar(), pair.GetElement(1));
    }

    /// <summary>2 to the power of an integer-valued float, made from its bits.</summary>
    /// <param name="exponent">The integer, -127 to 128.</param>
    /// <returns>The power.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<float> exponent)
    {
        // exponent + bias + shift is a float whose lowest mantissa bits are the biased exponent.
        Vector512<int> shifted = (exponent + Vector512.Create(RoundingShift + ExponentBias)).AsInt32();
        return Vector512.ShiftLeft(shifted, MantissaBits).AsSingle();
    }

    /// <summary>2 to the power of an integer-valued float, made from its bits.</summary>
    /// <param name="exponent">The integer, -127 to 128.</param>
    /// <returns>The power.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> PowerOfTwo(Vector256<float> exponent)
    {
        // exponent + bias + shift is a float whose lowest mantissa bits are the biased exponent.
        Vector256<int> shifted = (exponent + Vector256.Create(RoundingShift + ExponentBias)).AsInt32();
        return Vector256.ShiftLeft(shifted, MantissaBits).AsSingle();
    }

    /// <summary>2 to the power of an integer-valued float, made from its bits.</summary>
    /// <param name="exponent">The integer, -127 to 128.</param>
    /// <returns>The power.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> PowerOfTwo(Vector128<float> exponent)
    {
        // exponent + bias + shift is a float whose lowest mantissa bits are the biased exponent.
        Vector128<int> shifted = (exponent + Vector128.Create(RoundingShift + ExponentBias)).AsInt32();
        return Vector128.ShiftLeft(shifted, MantissaBits).AsSingle();
    }
}
