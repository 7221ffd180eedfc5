namespace MuonSharp.Numerics;

/// <summary>Arithmetic on sixteen float lanes at once, whatever vectors the machine has.</summary>
/// <remarks>A kernel is written once, generic over <typeparamref name="TVector"/>, and specialized by the compiler: one 512-bit, two
/// 256-bit or four 128-bit registers. As every width has the same sixteen lanes and the same operations, results have the same bits.
/// Masks are vectors of all-ones or all-zeros lanes.</remarks>
/// <typeparam name="TVector">The registers that hold the lanes.</typeparam>
public unsafe interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Reads sixteen floats; no alignment is needed.</summary>
    /// <param name="source">Address of the first.</param>
    /// <returns>The lanes.</returns>
    static abstract TVector Load(float* source);

    /// <summary>Writes sixteen floats; no alignment is needed.</summary>
    /// <param name="destination">Address of the first.</param>
    /// <param name="value">The lanes.</param>
    static abstract void Store(float* destination, TVector value);

    /// <summary>Reads up to sixteen floats, and nothing behind them, and fills the other lanes.</summary>
    /// <param name="source">Address of the first.</param>
    /// <param name="count">How many, 0 to 16.</param>
    /// <param name="fill">Value of the lanes beyond.</param>
    /// <returns>The lanes.</returns>
    static abstract TVector LoadPart(float* source, int count, float fill = 0);

    /// <summary>Writes the first lanes only.</summary>
    /// <param name="destination">Address of the first.</param>
    /// <param name="value">The lanes.</param>
    /// <param name="count">How many, 0 to 16.</param>
    static abstract void StorePart(float* destination, TVector value, int count);

    /// <summary>The same number in every lane.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The lanes.</returns>
    static abstract TVector Broadcast(float value);

    /// <summary>left + right.</summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand.</param>
    /// <returns>The sum.</returns>
    static abstract TVector Add(TVector left, TVector right);

    /// <summary>left - right.</summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand.</param>
    /// <returns>The difference.</returns>
    static abstract TVector Subtract(TVector left, TVector right);

    /// <summary>left times right.</summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand.</param>
    /// <returns>The product.</returns>
    static abstract TVector Multiply(TVector left, TVector right);

    /// <summary>left / right.</summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand.</param>
    /// <returns>The quotient, correctly rounded.</returns>
    static abstract TVector Divide(TVector left, TVector right);

    /// <summary>left times right plus addend with one rounding (two where the machine has no fused multiply-add).</summary>
    /// <param name="left">Left factor.</param>
    /// <param name="right">Right factor.</param>
    /// <param name="addend">Addend.</param>
    /// <returns>The result.</returns>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>The smaller of each pair. If right is NaN, so is the result; if only left is, the result is unspecified.</summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand.</param>
    /// <returns>The minimum.</returns>
    static abstract TVector Min(TVector left, TVector right);

    /// <summary>The greater of each pair. If right is NaN, so is the result; if only left is, the result is unspecified.</summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand.</param>
    /// <returns>The maximum.</returns>
    static abstract TVector Max(TVector left, TVector right);

    /// <summary>The square root, correctly rounded.</summary>
    /// <param name="value">Operand.</param>
    /// <returns>The root.</returns>
    static abstract TVector Sqrt(TVector value);

    /// <summary>The absolute value.</summary>
    /// <param name="value">Operand.</param>
    /// <returns>The magnitude.</returns>
    static abstract TVector Abs(TVector value);

    /// <summary>The magnitude of one operand with the sign bit of another.</summary>
    /// <param name="magnitude">Where the magnitude comes from.</param>
    /// <param name="sign">Where the sign bit comes from.</param>
    /// <returns>The combination.</returns>
    static abstract TVector CopySign(TVector magnitude, TVector sign);

    /// <summary>The nearest integer, ties to even, for magnitudes below 2²².</summary>
    /// <param name="value">Operand.</param>
    /// <returns>The integer, as a float.</returns>
    static abstract TVector Round(TVector value);

    /// <summary>value times 2 to the power of an integer-valued float in [-127, 129], rounded once.</summary>
    /// <param name="value">Magnitude 1/2 to 2.</param>
    /// <param name="exponent">The integer.</param>
    /// <returns>The product: subnormal or infinite where it must be.</returns>
    static abstract TVector Scale(TVector value, TVector exponent);

    /// <summary>Splits a positive normal number into m in [0.5, 1) and an integer e with x = m 2^e.</summary>
    /// <param name="value">Positive, normal.</param>
    /// <param name="exponent">Out: e.</param>
    /// <returns>m.</returns>
    static abstract TVector Mantissa(TVector value, out TVector exponent);

    /// <summary>left &lt; right; false where one is NaN.</summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand.</param>
    /// <returns>A mask.</returns>
    static abstract TVector LessThan(TVector left, TVector right);

    /// <summary>Which of sixteen words are below a bound.</summary>
    /// <param name="words">Address of the first; no alignment is needed.</param>
    /// <param name="bound">The bound.</param>
    /// <returns>A mask.</returns>
    static abstract TVector AreBelow(uint* words, uint bound);

    /// <summary>Chooses lane by lane.</summary>
    /// <param name="mask">A mask.</param>
    /// <param name="whenTrue">Lanes where the mask is set.</param>
    /// <param name="whenFalse">Lanes where it is not.</param>
    /// <returns>The choice.</returns>
    static abstract TVector Choose(TVector mask, TVector whenTrue, TVector whenFalse);

    /// <summary>Whether every lane of a mask is set.</summary>
    /// <param name="mask">A mask.</param>
    /// <returns>True if none is clear.</returns>
    static abstract bool All(TVector mask);

    /// <summary>The sum of the lanes by one fixed tree: halves onto each other until one is left.</summary>
    /// <param name="value">The lanes.</param>
    /// <returns>The sum.</returns>
    static abstract float Sum(TVector value);

    /// <summary>The greatest lane.</summary>
    /// <param name="value">The lanes.</param>
    /// <returns>The maximum.</returns>
    static abstract float Maximum(TVector value);
}
