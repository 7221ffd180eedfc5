using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y = x m / (1 - p), m = 0 with probability p and else 1; dx = dy m / (1 - p).</summary>
/// <remarks>The mask is a function of (seed, stream, step, sample, element), so the backward run computes it again and nothing is stored. Both
/// runs are in place where the memory is free. Cost: one pass and a quarter of a Philox block an element, each way.</remarks>
internal sealed unsafe class DropoutOperation(Tensor x, double probability, RandomStream stream, int time) : Operation("dropout")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = plan.Writes(x.Rows, x.Columns, replaces: x);
        _gradient = plan.Gradient(x, passedFrom: Output);
    }

    protected internal override void Forward(in TapeRun run) => Apply(run, x.Data, Output.Data, add: false);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            Apply(run, Output.GradientData, _gradient.Data, _gradient.Accumulates);
        }
    }

    private void Apply(in TapeRun run, float* source, float* destination, bool add)
    {
        var job = new DropoutJob
        {
            Source = source,
            Destination = destination,
            Rows = x.Rows,
            Columns = x.Columns,
            Time = time,
            Stream = stream,
            Step = run.Step,
            FirstSample = run.FirstSample,
            Threshold = (ulong)Math.Round(probability * (1UL << 32)),
            Scale = (float)(1 / (1 - probability)),
            Add = add,
        };
        run.Team.Run(Cut.Pieces(x.Rows, Cut.RowsPerTask(x.Columns)), ref job);
    }
}
