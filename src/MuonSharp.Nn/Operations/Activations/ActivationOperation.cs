namespace MuonSharp.Nn;

/// <summary>y = f(x) elementwise; dx = dy f'(x).</summary>
/// <remarks>Any shape. One pass each way. The output takes over the input's memory where nothing else reads it, and dx that of dy. Where a
/// linear layer comes before, its epilogue does the same without a pass of its own.</remarks>
internal sealed unsafe class ActivationOperation<TActivation>(string name, Tensor x) : Operation(name)
    where TActivation : struct, IActivation
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x, inBackward: !TActivation.DerivativeFromOutput);
        Output = plan.Writes(x.Rows, x.Columns, inBackward: TActivation.DerivativeFromOutput, replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
    }

    protected internal override void Forward(in TapeRun run) =>
        ElementJob<ActivationFormula<TActivation>>.Run(run.Team, x.Data, x.Data, Output.Data, x.Length, add: false);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            var kept = TActivation.DerivativeFromOutput ? Output.Data : x.Data;
            ElementJob<DerivativeFormula<TActivation>>.Run(
                run.Team, Output.GradientData, kept, _gradient.Data, x.Length, _gradient.Accumulates);
        }
    }
}
