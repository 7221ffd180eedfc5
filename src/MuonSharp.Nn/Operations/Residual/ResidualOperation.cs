namespace MuonSharp.Nn;

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
        0, plan.Bytes(backward) - (backward ? GradientPass.SharedBytes(Output, _gradientA) + GradientPass.SharedBytes(Output, _gradientB) : 0));

    protected internal override void Forward(in TapeRun run) =>
        ElementJob<AddFormula>.Run(run.Team, a.Data, b.Data, Output.Data, a.Length, add: false);

    protected internal override void Backward(in TapeRun run)
    {
        GradientPass.Run(run.Team, Output, _gradientA);
        GradientPass.Run(run.Team, Output, _gradientB);
    }
}
