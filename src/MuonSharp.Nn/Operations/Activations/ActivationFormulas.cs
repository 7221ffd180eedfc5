using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

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

/// <summary>y = max(x, 0), y' = 1 where y is above 0.</summary>
internal readonly struct Relu : IActivation
{
    public static bool DerivativeFromOutput => true;

    // In this order a NaN stays a NaN: the processor's maximum takes its second operand then.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => L.Max(L.Broadcast(0), x);

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
        where V : struct => L.Choose(L.LessThan(L.Broadcast(0), kept), L.Broadcast(1), L.Broadcast(0));
}

/// <summary>y = x s with s = sigmoid(x), y' = s + y (1 - s).</summary>
/// <remarks>Source: S. Elfwing et al., "Sigmoid-weighted linear units", arXiv:1702.03118.</remarks>
internal readonly struct Silu : IActivation
{
    public static bool DerivativeFromOutput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(x, LaneMath.Sigmoid<L, V>(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        V sigmoid = LaneMath.Sigmoid<L, V>(x);
        V y = L.Multiply(x, sigmoid);
        derivative = L.MultiplyAdd(y, L.Subtract(L.Broadcast(1), sigmoid), sigmoid);
        return y;
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

/// <summary>y = 1 / (1 + exp(-x)), y' = y (1 - y).</summary>
internal readonly struct Sigmoid : IActivation
{
    public static bool DerivativeFromOutput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => LaneMath.Sigmoid<L, V>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        V y = LaneMath.Sigmoid<L, V>(x);
        derivative = Derivative<L, V>(y);
        return y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(kept, L.Subtract(L.Broadcast(1), kept));
}

/// <summary>y = tanh(x), y' = (1 - y) (1 + y).</summary>
internal readonly struct Tanh : IActivation
{
    public static bool DerivativeFromOutput => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => LaneMath.Tanh<L, V>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        V y = LaneMath.Tanh<L, V>(x);
        derivative = Derivative<L, V>(y);
        return y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct
    {
        V one = L.Broadcast(1);
        return L.Multiply(L.Subtract(one, kept), L.Add(one, kept));
    }
}

/// <summary>y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), y' = sigmoid(x).</summary>
internal readonly struct Softplus : IActivation
{
    public static bool DerivativeFromOutput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct => L.Add(L.Max(L.Broadcast(0), x), LaneFormulas.LogOnePlusExp<L, V>(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<L, V>(V x, out V derivative)
        where L : struct, ILanes<V>
        where V : struct
    {
        derivative = LaneMath.Sigmoid<L, V>(x);
        return Value<L, V>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Derivative<L, V>(V kept)
        where L : struct, ILanes<V>
        where V : struct => LaneMath.Sigmoid<L, V>(kept);
}

/// <summary>Formulas that activations and losses share.</summary>
internal static class LaneFormulas
{
    /// <summary>log(1 + exp(-|x|)), with a small relative error however small it is.</summary>
    /// <remarks>With t = exp(-|x|) and z = t / (2 + t) in (0, 1/3]: 2 (z + z³/3 + z⁵/5 + ...), of which eight terms leave 1e-9.</remarks>
    public static V LogOnePlusExp<L, V>(V x)
        where L : struct, ILanes<V>
        where V : struct
    {
        V power = LaneMath.Exp<L, V>(L.Subtract(L.Broadcast(0), L.Abs(x)));
        V z = L.Divide(power, L.Add(L.Broadcast(2), power));
        V square = L.Multiply(z, z);
        V sum = L.Broadcast(1f / 15);
        sum = L.MultiplyAdd(sum, square, L.Broadcast(1f / 13));
        sum = L.MultiplyAdd(sum, square, L.Broadcast(1f / 11));
        sum = L.MultiplyAdd(sum, square, L.Broadcast(1f / 9));
        sum = L.MultiplyAdd(sum, square, L.Broadcast(1f / 7));
        sum = L.MultiplyAdd(sum, square, L.Broadcast(1f / 5));
        sum = L.MultiplyAdd(sum, square, L.Broadcast(1f / 3));
        sum = L.MultiplyAdd(sum, square, L.Broadcast(1));
        return L.Multiply(L.Add(z, z), sum);
    }
}
