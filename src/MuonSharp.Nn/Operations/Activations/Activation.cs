using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>The nonlinearity of a feed-forward block.</summary>
public enum Activation
{
    /// <summary>x Φ(x) with the exact normal distribution function (erf), as GPT-2 and nanoGPT.</summary>
    Gelu,

    /// <summary>GELU by its tanh formula, as the published GPT-2 weights expect (<c>gelu_new</c> in Hugging Face's configurations).</summary>
    GeluTanh,

    /// <summary>max(x, 0)².</summary>
    ReluSquared,

    /// <summary>gate · sigmoid(gate) · up: two projections of the input, multiplied.</summary>
    SwiGlu,
}

/// <summary>An elementwise nonlinearity y = f(x) on sixteen lanes.</summary>
internal interface IActivation
{
    /// <summary>Whether f is the identity, which costs nothing.</summary>
    static abstract bool IsIdentity { get; }

    /// <summary>Whether the derivative is computed from y, so that nothing else need be kept.</summary>
    static abstract bool DerivativeFromOutput { get; }

    /// <summary>f(x).</summary>
    static abstract V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct;

    /// <summary>f(x) and f'(x), which share most of their work.</summary>
    static abstract V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct;

    /// <summary>f'(x) from y, if <see cref="DerivativeFromOutput"/>, and else from x.</summary>
    static abstract V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>y = x.</summary>
internal readonly struct Identity : IActivation
{
    public static bool IsIdentity => true;

    public static bool DerivativeFromOutput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        derivative = L.Broadcast(1);
        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct => L.Broadcast(1);
}

/// <summary>y = x Φ(x), y' = Φ(x) + x φ(x), Φ and φ from one exponential.</summary>
/// <remarks>Source: D. Hendrycks and K. Gimpel, "Gaussian error linear units", arXiv:1606.08415.</remarks>
internal readonly struct Gelu : IActivation
{
    public static bool IsIdentity => false;

    public static bool DerivativeFromOutput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(x, LaneMath.NormalDistribution<L, V>(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        V distribution = LaneMath.NormalDistribution<L, V>(x, out V density);
        derivative = L.MultiplyAdd(x, density, distribution);
        return L.Multiply(x, distribution);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct
    {
        Value<L, V>(kept, out V derivative);
        return derivative;
    }
}

/// <summary>y = x (1 + t) / 2 with t = tanh(√(2/π) (x + 0.044715 x³)); y' = (1 + t) / 2 + x (1 - t²) √(2/π) (1 + 3·0.044715 x²) / 2.</summary>
/// <remarks>Source: D. Hendrycks and K. Gimpel, arXiv:1606.08415; the form that OpenAI's GPT-2 was trained with.</remarks>
internal readonly struct GeluTanh : IActivation
{
    private const float SqrtTwoOverPi = 0.79788456f;
    private const float Cubic = 0.044715f;

    public static bool IsIdentity => false;

    public static bool DerivativeFromOutput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        V half = L.Multiply(x, L.Broadcast(0.5f));
        return L.MultiplyAdd(half, Tangent<L, V>(x), half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        (V one, V half) = (L.Broadcast(1), L.Broadcast(0.5f));
        V tangent = Tangent<L, V>(x);
        V slope = L.MultiplyAdd(L.Broadcast(3 * Cubic * SqrtTwoOverPi), L.Multiply(x, x), L.Broadcast(SqrtTwoOverPi));
        V rest = L.Subtract(one, L.Multiply(tangent, tangent));
        V inner = L.MultiplyAdd(L.Multiply(x, rest), slope, L.Add(one, tangent));
        derivative = L.Multiply(half, inner);
        V halfX = L.Multiply(x, half);
        return L.MultiplyAdd(halfX, tangent, halfX);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct
    {
        Value<L, V>(kept, out V derivative);
        return derivative;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Tangent<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        V factor = L.MultiplyAdd(L.Broadcast(Cubic * SqrtTwoOverPi), L.Multiply(x, x), L.Broadcast(SqrtTwoOverPi));
        return LaneMath.Tanh<L, V>(L.Multiply(x, factor));
    }
}

/// <summary>y = max(x, 0)², y' = 2 max(x, 0) = 2 √y: the input need not be kept.</summary>
/// <remarks>Source: D. So et al., "Primer: searching for efficient transformers", arXiv:2109.08668.</remarks>
internal readonly struct ReluSquared : IActivation
{
    public static bool IsIdentity => false;

    public static bool DerivativeFromOutput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        // In this order a NaN stays a NaN: the processor's maximum takes its second operand then.
        V positive = L.Max(L.Broadcast(0), x);
        return L.Multiply(positive, positive);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        V y = Value<L, V>(x);
        derivative = Derivative<L, V>(y);
        return y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct
    {
        V root = L.Sqrt(kept);
        return L.Add(root, root);
    }
}
