using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The mathematics of an optimizer that treats every element alike: a struct of one parameter's constants of this step.</summary>
internal interface IElementRule
{
    /// <summary>Floats of state an element, 1 or 2.</summary>
    static abstract int States { get; }

    /// <summary>The change that is subtracted from sixteen weights, decay included, so that the weight is rounded once.</summary>
    /// <param name="gradient">Clipped gradients; zero where they are missing.</param>
    /// <param name="weight">The weights before the step.</param>
    /// <param name="first">The first state, updated.</param>
    /// <param name="second">The second state, updated; not looked at where there is one.</param>
    V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>The whole update of one piece in one pass over weights, gradient and state.</summary>
/// <remarks>With one state an element, <c>second</c> is null and never touched: the rule's count is a constant to the compiler.</remarks>
internal readonly unsafe struct ElementKernel<TRule>(
    float* weights, float* gradient, float* first, float* second, int count, float gradientScale, TRule rule, double* squares)
    : ILaneKernel
    where TRule : struct, IElementRule
{
    /// <summary>Elements whose squared changes are added in float32 before double precision takes over.</summary>
    private const int RunLength = 16 * LaneDispatch.Count;

    public void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        V scale = L.Broadcast(gradientScale);
        V zero = L.Broadcast(0);
        double total = 0;
        for (int start = 0; start < count; start += RunLength)
        {
            int end = Math.Min(count, start + RunLength);
            V sum = L.Broadcast(0);
            int i = start;
            for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                V g = gradient is null ? zero : L.Load(gradient + i);
                V p = L.Load(weights + i);
                V m = L.Load(first + i);
                V v = TRule.States > 1 ? L.Load(second + i) : zero;
                V change = rule.Change<L, V>(L.Multiply(g, scale), p, ref m, ref v);
                sum = L.MultiplyAdd(change, change, sum);
                L.Store(weights + i, L.Subtract(p, change));
                L.Store(first + i, m);
                if (TRule.States > 1)
                {
                    L.Store(second + i, v);
                }
            }

            if (i < end)
            {
                int left = end - i;
                V g = gradient is null ? zero : LaneDispatch.LoadPart<L, V>(gradient + i, left);
                V p = LaneDispatch.LoadPart<L, V>(weights + i, left);
                V m = LaneDispatch.LoadPart<L, V>(first + i, left);
                V v = TRule.States > 1 ? LaneDispatch.LoadPart<L, V>(second + i, left) : zero;
                V change = rule.Change<L, V>(L.Multiply(g, scale), p, ref m, ref v);
                sum = L.MultiplyAdd(change, change, sum);
                LaneDispatch.StorePart<L, V>(weights + i, L.Subtract(p, change), left);
                LaneDispatch.StorePart<L, V>(first + i, m, left);
                if (TRule.States > 1)
                {
                    LaneDispatch.StorePart<L, V>(second + i, v, left);
                }
            }

            total += L.Sum(sum);
        }

        *squares = total;
    }
}

/// <summary>State below the smallest normal float32 is zero: it would be slow, shrink for ever and never arrive.</summary>
internal static class StateFlush
{
    private const float SmallestNormal = 1.17549435e-38f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V value)
        where L : struct, ILanes<V>
        where V : struct => L.Choose(L.LessThan(L.Abs(value), L.Broadcast(SmallestNormal)), L.Broadcast(0), value);
}
