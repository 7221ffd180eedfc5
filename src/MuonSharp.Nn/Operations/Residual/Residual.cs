using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records residual additions.</summary>
public static class ResidualRecording
{
    /// <summary>y = a + b.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Add(this Tape tape, Tensor a, Tensor b)
    {
        Rule.Check(a.Rows == b.Rows && a.Columns == b.Columns, $"[residual] both have one shape; {a} and {b}");
        return tape.Record(new ResidualOperation(a, b)).Output;
    }
}

/// <summary>y = a + b; both gradients are dy.</summary>
/// <remarks>One pass forward, in place where a's memory is free. Backward: the first gradient that may takes over dy's buffer at no cost, the
/// other is a copy. A linear layer's epilogue adds a residual without a pass of its own.</remarks>
internal sealed unsafe class ResidualOperation(Tensor a, Tensor b) : Operation("residual")
{
    private GradientSlot? _gradientA;
    private GradientSlot? _gradientB;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(a);
        plan.Reads(b);
        Output = plan.Writes(a.Rows, a.Columns, replaces: a);
        _gradientA = plan.Gradient(a, passedFrom: Output);
        _gradientB = plan.Gradient(b, passedFrom: Output);
    }

    protected internal override OperationWork Work(OperationPlan plan, bool backward) => new(
        0, plan.Bytes(backward) - (backward ? GradientHandOn.SharedBytes(Output, _gradientA) + GradientHandOn.SharedBytes(Output, _gradientB) : 0));

    protected internal override void Forward(in TapeRun run) =>
        Elementwise.Map2<AddFormula>(run.Team, a.Data, b.Data, Output.Data, a.Length);

    protected internal override void Backward(in TapeRun run)
    {
        GradientHandOn.Run(run.Team, Output, _gradientA);
        GradientHandOn.Run(run.Team, Output, _gradientB);
    }
}

/// <summary>a + b.</summary>
internal readonly struct AddFormula : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct => L.Add(a, b);
}
