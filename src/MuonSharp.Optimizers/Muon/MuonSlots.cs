namespace MuonSharp.Optimizers;

/// <summary>The matrices of an optimizer's parameters: tells <see cref="MuonPass"/> before each step where they lie, and the report afterwards what became of them.</summary>
internal sealed unsafe class MuonSlots : IDisposable
{
    private readonly StateBuffer _momentum;
    private readonly StateBuffer _rowSquares;
    private readonly (ParameterSlot Slot, MuonMatrix Matrix)[] _all;
    private readonly MuonPass _pass;

    public MuonSlots(IReadOnlyList<ParameterSlot> slots, StateBuffer momentum, StateBuffer rowSquares, int workers)
    {
        (_momentum, _rowSquares) = (momentum, rowSquares);
        _all =
        [
            .. slots.Where(static slot => slot.Owned.Length > 0).SelectMany(static slot => slot.Parameter.Matrices.Select(
                (slice, index) => (slot, new MuonMatrix(slot.Parameter.Shape, slice, index, (MuonOptions)slot.Options)))),
        ];
        _pass = new MuonPass(_all.Select(static pair => pair.Matrix), workers);
    }

    public void Run(in StepContext context, IStepObserver? observer)
    {
        foreach ((ParameterSlot slot, MuonMatrix matrix) in _all)
        {
            int index = matrix.Index;
            matrix.Operands = slot.IsActive(index)
                ? new MuonOperands(
                    true, slot.ValuesOf(index), slot.CountOf(index), slot.Weights, slot.GradientOf(index), _momentum.Of(slot.Index), _rowSquares.Of(slot.Index))
                : default;
            matrix.Observed = observer is not null && matrix.Operands.IsActive && observer.Observes(slot.Parameter, context.Step) ? new ObservedMatrix(slot.Parameter, index, context.Step) : null;
        }

        _pass.Run(context.Team, context.GradientScale, context.Clock, observer);
        foreach ((ParameterSlot slot, MuonMatrix matrix) in _all)
        {
            if (slot.IsActive(matrix.Index))
            {
                slot.ReportChange(matrix.Squares);
                slot.ReportOrthogonalization(matrix.Outcome);
            }
        }
    }

    /// <summary>The parts of an update.</summary>
    public OptimizerStage[] Stages() => _pass.Stages();

    public void Dispose() => _pass.Dispose();
}
