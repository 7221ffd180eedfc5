using System.Runtime.CompilerServices;

namespace MuonSharp.Numerics;

/// <summary>Transcendental functions on lanes: one polynomial each, evaluated with fused multiply-adds in every width.</summary>
/// <remarks>NaN gives NaN. Coefficients are Chebyshev interpolants fitted for this project in double precision; the stated errors are measured by the
/// tests against double precision.</remarks>
public static class LaneMath
{
    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float ExpUnderflow = -87.33654f;
    private const float ExpOverflow = 88.72284f;
    private const float SqrtHalf = 0.70710678f;
    private const float ErfOne = 4f;
    private const float TanhOne = 10f;
    private const float TanhSmall = 0.6f;
    private const float InverseSqrtTwoPi = 0.39894228f;
    private const float MillsEnd = 5.5f;

    /// <summary>e^x; relative error below 2e-7. Below -87.3 the result is 0, above 88.7 infinity.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">Exponents.</param>
    /// <returns>The powers.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        // In this order a NaN passes through both.
        V clamped = L.Min(L.Broadcast(ExpOverflow + 1), L.Max(L.Broadcast(ExpUnderflow), x));
        V n = L.Round(L.Multiply(clamped, L.Broadcast(Log2E)));
        V r = L.MultiplyAdd(n, L.Broadcast(-Ln2High), clamped);
        r = L.MultiplyAdd(n, L.Broadcast(-Ln2Low), r);
        V p = L.MultiplyAdd(L.Broadcast(0.00139262508f), r, L.Broadcast(0.00836323288f));
        p = L.MultiplyAdd(p, r, L.Broadcast(0.0416665542f));
        p = L.MultiplyAdd(p, r, L.Broadcast(0.166665767f));
        p = L.MultiplyAdd(p, r, L.Broadcast(0.5f));
        p = L.MultiplyAdd(L.Multiply(p, r), r, L.Add(r, L.Broadcast(1)));

        return L.Choose(L.LessThan(x, L.Broadcast(ExpUnderflow)), L.Broadcast(0), L.Scale(p, n));
    }

    /// <summary>The natural logarithm of positive normal numbers; absolute error below 2e-7 plus one unit in the last place.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">Positive, normal.</param>
    /// <returns>The logarithms.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        V m = L.Mantissa(x, out V e);
        V low = L.LessThan(m, L.Broadcast(SqrtHalf));
        e = L.Choose(low, L.Subtract(e, L.Broadcast(1)), e);
        V f = L.Subtract(L.Choose(low, L.Add(m, m), m), L.Broadcast(1));
        V p = L.MultiplyAdd(L.Broadcast(-0.0767364148f), f, L.Broadcast(0.127226728f));
        p = L.MultiplyAdd(p, f, L.Broadcast(-0.131275557f));
        p = L.MultiplyAdd(p, f, L.Broadcast(0.14204856f));
        p = L.MultiplyAdd(p, f, L.Broadcast(-0.166266456f));
        p = L.MultiplyAdd(p, f, L.Broadcast(0.200012345f));
        p = L.MultiplyAdd(p, f, L.Broadcast(-0.250007812f));
        p = L.MultiplyAdd(p, f, L.Broadcast(0.3333333f));
        p = L.MultiplyAdd(p, f, L.Broadcast(-0.499999976f));
        V sum = L.MultiplyAdd(L.Multiply(f, f), p, L.MultiplyAdd(e, L.Broadcast(Ln2Low), f));
        return L.MultiplyAdd(e, L.Broadcast(Ln2High), sum);
    }

    /// <summary>The error function; absolute error below 2e-7.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">Arguments.</param>
    /// <returns>erf x.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        V s = L.Multiply(x, x);
        V small = L.MultiplyAdd(L.Broadcast(7.87587505e-05f), s, L.Broadcast(-0.000801686428f));
        small = L.MultiplyAdd(small, s, L.Broadcast(0.00518908742f));
        small = L.MultiplyAdd(small, s, L.Broadcast(-0.026854212f));
        small = L.MultiplyAdd(small, s, L.Broadcast(0.112835947f));
        small = L.MultiplyAdd(small, s, L.Broadcast(-0.376126267f));
        small = L.Multiply(L.MultiplyAdd(small, s, L.Broadcast(1.12837917f)), x);

        // From 1 up: erf = 1 - exp(P(|x|)), P a fit of log erfc; from 4 up the result is 1.
        V a = L.Min(L.Broadcast(ErfOne), L.Abs(x));
        V p = L.MultiplyAdd(L.Broadcast(1.63863733e-06f), a, L.Broadcast(-4.60874473e-05f));
        p = L.MultiplyAdd(p, a, L.Broadcast(0.000597052947f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-0.00476074771f));
        p = L.MultiplyAdd(p, a, L.Broadcast(0.0264243709f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-0.11008568f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-0.631820247f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-1.13023672f));
        p = L.MultiplyAdd(p, a, L.Broadcast(0.000320914384f));
        V large = L.CopySign(L.Subtract(L.Broadcast(1), Exp<L, V>(p)), x);
        return L.Choose(L.LessThan(L.Abs(x), L.Broadcast(1)), small, large);
    }

    /// <summary>The hyperbolic tangent; absolute error below 2e-7.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">Arguments.</param>
    /// <returns>tanh x.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        V s = L.Multiply(x, x);
        V small = L.MultiplyAdd(L.Broadcast(0.00210229487f), s, L.Broadcast(-0.00813043142f));
        small = L.MultiplyAdd(small, s, L.Broadcast(0.0216801334f));
        small = L.MultiplyAdd(small, s, L.Broadcast(-0.0539425207f));
        small = L.MultiplyAdd(small, s, L.Broadcast(0.133331646f));
        small = L.MultiplyAdd(small, s, L.Broadcast(-0.333333292f));
        small = L.Multiply(L.MultiplyAdd(small, s, L.Broadcast(1f)), x);
        V a = L.Min(L.Broadcast(TanhOne), L.Abs(x));
        V e = Exp<L, V>(L.Add(a, a));
        V large = L.Subtract(L.Broadcast(1), L.Divide(L.Broadcast(2), L.Add(e, L.Broadcast(1))));
        return L.Choose(L.LessThan(L.Abs(x), L.Broadcast(TanhSmall)), small, L.CopySign(large, x));
    }

    /// <summary>The logistic function 1 / (1 + e^-x); relative error below 4e-7.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">Arguments.</param>
    /// <returns>The results, in [0, 1].</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        V e = Exp<L, V>(L.Subtract(L.Broadcast(0), x));
        return L.Divide(L.Broadcast(1), L.Add(L.Broadcast(1), e));
    }

    /// <summary>The distribution function of the standard normal, Φ(x) = (1 + erf(x/√2)) / 2; absolute error below 1e-7.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">Arguments.</param>
    /// <returns>Φ(x). GELU is x Φ(x).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalDistribution<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => NormalDistribution<L, V>(x, out _);

    /// <summary>Distribution function and density of the standard normal at once, for the price of one exponential.</summary>
    /// <remarks>Φ(-a) = exp(-a²/2) R(a) for a ≥ 0, R a polynomial fitted to Mills' ratio such that the product is accurate absolutely; beyond its range the
    /// exponential alone is below 3e-7.</remarks>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">Arguments.</param>
    /// <param name="density">Out: φ(x), as <see cref="NormalDensity"/> gives it.</param>
    /// <returns>Φ(x).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalDistribution<L, V>(V x, out V density)
        where L : struct, ILanes<V>
        where V : struct
    {
        V e = Exp<L, V>(L.Multiply(L.Multiply(x, x), L.Broadcast(-0.5f)));
        density = L.Multiply(L.Broadcast(InverseSqrtTwoPi), e);
        V a = L.Min(L.Broadcast(MillsEnd), L.Abs(x));
        V p = L.MultiplyAdd(L.Broadcast(5.995742e-08f), a, L.Broadcast(-1.6369723e-06f));
        p = L.MultiplyAdd(p, a, L.Broadcast(2.0229942e-05f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-0.00015172816f));
        p = L.MultiplyAdd(p, a, L.Broadcast(0.0007866715f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-0.0030719275f));
        p = L.MultiplyAdd(p, a, L.Broadcast(0.009685897f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-0.026096258f));
        p = L.MultiplyAdd(p, a, L.Broadcast(0.062280387f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-0.13292414f));
        p = L.MultiplyAdd(p, a, L.Broadcast(0.2499927f));
        p = L.MultiplyAdd(p, a, L.Broadcast(-0.39894196f));
        V tail = L.Multiply(e, L.MultiplyAdd(p, a, L.Broadcast(0.5f)));
        return L.Choose(L.LessThan(x, L.Broadcast(0)), tail, L.Subtract(L.Broadcast(1), tail));
    }

    /// <summary>The density of the standard normal: φ(x) = exp(-x²/2) / √(2π); relative error below 1e-6.</summary>
    /// <typeparam name="L">Arithmetic on lanes.</typeparam>
    /// <typeparam name="V">The registers.</typeparam>
    /// <param name="x">Arguments.</param>
    /// <returns>φ(x). The derivative of GELU is Φ(x) + x φ(x).</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalDensity<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct =>
        L.Multiply(L.Broadcast(InverseSqrtTwoPi), Exp<L, V>(L.Multiply(L.Multiply(x, x), L.Broadcast(-0.5f))));
}
