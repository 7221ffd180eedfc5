namespace MuonSharp.Nn;

/// <summary>y = gate · sigmoid(gate) · up, the gated unit of llama's feed-forward block.</summary>
/// <remarks>
/// <para>Gate and up are column ranges of one tensor or of two: [rows, width] each, at a column offset. y is [rows, width].</para>
/// <para>With s = sigmoid(gate): dup = dy · gate · s, dgate = dy · up · s (1 + gate (1 - s)). One pass each way; nothing is saved but the
/// inputs.</para>
/// <para>Source: N. Shazeer, "GLU variants improve transformer", arXiv:2002.05202.</para>
/// </remarks>
internal sealed unsafe class SwiGluOperation(Tensor gate, int gateColumn, Tensor up, int upColumn, int width) : Operation("swiglu")
{
    private GradientSlot? _gateGradient;
    private GradientSlot? _upGradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(gate, inBackward: true);
        plan.Reads(up, inBackward: true);
        Output = plan.Writes(gate.Rows, width);
        _gateGradient = plan.Gradient(gate);
        _upGradient = gate == up ? _gateGradient : plan.Gradient(up);
    }

    protected internal override void Forward(in TapeRun run) => Run(run, backward: false);

    protected internal override void Backward(in TapeRun run) => Run(run, backward: true);

    private void Run(in TapeRun run, bool backward)
    {
        var job = new SwiGluJob
        {
            Gate = gate.Data + gateColumn,
            GateStride = gate.Columns,
            Up = up.Data + upColumn,
            UpStride = up.Columns,
            Rows = gate.Rows,
            Width = width,
            Output = backward ? Output.GradientData : Output.Data,
            Backward = backward,
        };
        if (backward)
        {
            job.GateGradient = _gateGradient is null ? null : _gateGradient.Data + gateColumn;
            job.UpGradient = _upGradient is null ? null : _upGradient.Data + upColumn;
            job.AddGate = _gateGradient is { Accumulates: true };
            job.AddUp = _upGradient is { Accumulates: true };
        }

        run.Team.Run(Cut.Pieces(gate.Rows, Cut.RowsPerTask(width)), ref job);
    }
}
