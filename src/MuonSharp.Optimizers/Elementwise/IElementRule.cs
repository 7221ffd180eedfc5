using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The mathematics of an optimizer that treats every element alike: a struct of the constants of one matrix in one step.</summary>
/// <remarks>The compiler makes one loop of each rule and vector width: nothing in <see cref="Change"/> is called through an interface. Only lane-wise operations, so
/// the bits are the same for every width, cut and number of threads.</remarks>
/// <typeparam name="TRule">The struct itself.</typeparam>
/// <typeparam name="TOptions">The optimizer's options.</typeparam>
public interface IElementRule<TRule, TOptions>
    where TRule : struct, IElementRule<TRule, TOptions>
    where TOptions : OptimizerOptions
{
    /// <summary>Floats of state an element, 0 to 2; all start at zero.</summary>
    static abstract int States { get; }

    /// <summary>What a state is called in checkpoints; default <c>momentum</c>, <c>second_moment</c>.</summary>
    /// <param name="state">0 or 1.</param>
    static virtual string StateName(int state) => state == 0 ? "momentum" : "second_moment";

    /// <summary>The rule of one matrix in one step.</summary>
    /// <param name="options">The group's options.</param>
    /// <param name="values">What the schedules say for this step.</param>
    /// <param name="count">Updates of the matrix so far, this one included: the t of bias corrections.</param>
    static abstract TRule Create(TOptions options, in StepValues values, long count);

    /// <summary>The change that is subtracted from sixteen weights, decay included, so that the weight is rounded once.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <param name="gradient">Clipped gradients, finite; zero where they are missing.</param>
    /// <param name="weight">The weights before the step.</param>
    /// <param name="first">The first state, updated; nothing where there is none.</param>
    /// <param name="second">The second state, updated; nothing where there is one.</param>
    V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct;
}

/// <summary>The whole update of one piece in one pass over weights, gradient and state.</summary>
/// <remarks>State that the rule does not have is null and never touched: the rule's count is a constant to the compiler.</remarks>
internal readonly unsafe struct ElementKernel<TRule, TOptions>(
    float* weights, float* gradient, float* first, float* second, int count, float gradientScale, TRule rule, double* squares)
    : ILaneKernel
    where TRule : struct, IElementRule<TRule, TOptions>
    where TOptions : OptimizerOptions
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
                V m = TRule.States > 0 ? L.Load(first + i) : zero;
                V v = TRule.States > 1 ? L.Load(second + i) : zero;
                V change = rule.Change<L, V>(L.Multiply(g, scale), p, ref m, ref v);
                sum = L.MultiplyAdd(change, change, sum);
                L.Store(weights + i, L.Subtract(p, change));
                if (TRule.States > 0)
                {
                    L.Store(first + i, m);
                }

                if (TRule.States > 1)
                {
                    L.Store(second + i, v);
                }
            }

            if (i < end)
            {
                int left = end - i;
                V g = gradient is null ? zero : L.LoadPart(gradient + i, left);
                V p = L.LoadPart(weights + i, left);
                V m = TRule.States > 0 ? L.LoadPart(first + i, left) : zero;
                V v = TRule.States > 1 ? L.LoadPart(second + i, left) : zero;
                V change = rule.Change<L, V>(L.Multiply(g, scale), p, ref m, ref v);
                sum = L.MultiplyAdd(change, change, sum);
                L.StorePart(weights + i, L.Subtract(p, change), left);
                if (TRule.States > 0)
                {
                    L.StorePart(first + i, m, left);
                }

                if (TRule.States > 1)
                {
                    L.StorePart(second + i, v, left);
                }
            }

            total += L.Sum(sum);
        }

        *squares = total;
    }
}

/// <summary>State below the smallest normal float32 is zero: it would be slow, shrink for ever and never arrive. For rules.</summary>
public static class StateFlush
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>The values, zero where they are subnormal.</summary>
    /// <typeparam name="L">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="V">The registers that hold them.</typeparam>
    /// <param name="value">Sixteen values.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Of<L, V>(V value)
        where L : struct, ILanes<V>
        where V : struct => L.Choose(L.LessThan(L.Abs(value), L.Broadcast(SmallestNormal)), L.Broadcast(0), value);
}
