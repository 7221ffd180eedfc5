using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>y[place of (row, slot)] = x[row]; dx[row] is the sum of dy over the row's places, in the order of its choice.</summary>
internal sealed unsafe class RowsByExpertOperation(Tensor x, ExpertChoice choice) : Operation("rows by expert")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        plan.Reads(choice.Places, inBackward: true);
        Output = plan.Writes((int)choice.Places.Length, x.Columns);
        Output.Sequences = null;
        _gradient = plan.Gradient(x);
    }

    protected internal override void Forward(in TapeRun run) => ExpertSum.Scatter(run.Team, x.Data, Output.Data, choice, x.Columns);

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            float* start = _gradient.Accumulates ? _gradient.Data : null;
            ExpertSum.Run(run.Team, new ExpertSum(choice, x.Columns) { Sorted = Output.GradientData, Start = start, Result = _gradient.Data });
        }
    }
}

/// <summary>y = [residual +] Σ over a row's experts of weight · x[place].</summary>
/// <remarks>Backward: dx[place] = weight · dy[row], dweight = dy[row] · x[place], dresidual = dy.</remarks>
internal sealed unsafe class SumOfExpertsOperation(Tensor x, ExpertChoice choice, Tensor? residual) : Operation("sum of experts")
{
    private GradientSlot? _xGradient;
    private GradientSlot? _weightGradient;
    private GradientSlot? _residualGradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(residual);
        plan.Reads(choice.Places, inBackward: true);
        plan.Reads(choice.Weights, inBackward: true);
        plan.Reads(x, inBackward: choice.Weights.RequiresGradient);
        Output = plan.Writes(choice.Places.Rows, x.Columns);
        _xGradient = plan.Gradient(x);
        _weightGradient = plan.Gradient(choice.Weights);
        _residualGradient = plan.Gradient(residual, passedFrom: Output);
    }

    protected internal override void Forward(in TapeRun run) => ExpertSum.Run(run.Team, new ExpertSum(choice, x.Columns)
    {
        Sorted = x.Data,
        Start = residual is null ? null : residual.Data,
        Result = Output.Data,
        Weights = choice.Weights.Data,
    });

    protected internal override void Backward(in TapeRun run)
    {
        run.Team.RunLanes(TaskSize.Pieces(Output.Rows, TaskSize.RowsPerTask(x.Columns)), new ExpertSumBackward(choice, x.Columns)
        {
            Sorted = x.Data,
            OutputGradient = Output.GradientData,
            SortedGradient = _xGradient is null ? null : _xGradient.Data,
            AddSorted = _xGradient is { Accumulates: true },
            WeightGradient = _weightGradient is null ? null : _weightGradient.Data,
            AddWeight = _weightGradient is { Accumulates: true },
        });
        GradientHandOn.Run(run.Team, Output, _residualGradient);
    }
}
