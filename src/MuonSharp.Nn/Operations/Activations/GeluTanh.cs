using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y = x (1 + t) / 2 with t = tanh(√(2/π) (x + 0.044715 x³)); y' = (1 + t) / 2 + x (1 - t²) √(2/π) (1 + 3·0.044715 x²) / 2.</summary>
/// <remarks>Source: D. Hendrycks and K. Gimpel, arXiv:1606.08415; the form that OpenAI's GPT-2 was trained with.</remarks>
internal readonly struct GeluTanh : IActivation
{
    private const float SqrtTwoOverPi = 0.79788456f;
    private const float Cubic = 0.044715f;

    public static bool IsIdentity => false;

    public static bool DerivativeFromOutput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var half = TLanes.Multiply(x, TLanes.Broadcast(0.5f));
        return TLanes.MultiplyAdd(half, Tangent<TLanes, TVector>(x), half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Value<TLanes, TVector>(TVector x, out TVector derivative)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var (one, half) = (TLanes.Broadcast(1), TLanes.Broadcast(0.5f));
        var tangent = Tangent<TLanes, TVector>(x);
        var slope = TLanes.MultiplyAdd(TLanes.Broadcast(3 * Cubic * SqrtTwoOverPi), TLanes.Multiply(x, x), TLanes.Broadcast(SqrtTwoOverPi));
        var rest = TLanes.Subtract(one, TLanes.Multiply(tangent, tangent));
        var inner = TLanes.MultiplyAdd(TLanes.Multiply(x, rest), slope, TLanes.Add(one, tangent));
        derivative = TLanes.Multiply(half, inner);
        var halfX = TLanes.Multiply(x, half);
        return TLanes.MultiplyAdd(halfX, tangent, halfX);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Derivative<TLanes, TVector>(TVector kept)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        Value<TLanes, TVector>(kept, out var derivative);
        return derivative;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Tangent<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var factor = TLanes.MultiplyAdd(TLanes.Broadcast(Cubic * SqrtTwoOverPi), TLanes.Multiply(x, x), TLanes.Broadcast(SqrtTwoOverPi));
        return LaneMath.Tanh<TLanes, TVector>(TLanes.Multiply(x, factor));
    }
}
