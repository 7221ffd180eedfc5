using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

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

/// <summary>Rows of the gated unit, forward or backward. A task is a range of rows.</summary>
internal unsafe struct SwiGluJob : ITeamJob, ILaneKernel
{
    public float* Gate;
    public int GateStride;
    public float* Up;
    public int UpStride;
    public int Rows;
    public int Width;
    public float* Output;
    public bool Backward;
    public float* GateGradient;
    public float* UpGradient;
    public bool AddGate;
    public bool AddUp;
    private int _task;

    public readonly void Run(int task, int worker)
    {
        SwiGluJob mine = this;
        mine._task = task;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        int end = Math.Min(Rows, (_task + 1) * Cut.RowsPerTask(Width));
        for (int row = _task * Cut.RowsPerTask(Width); row < end; row++)
        {
            int i = 0;
            for (; i <= Width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                Lanes<L, V, Whole>(row, i);
            }

            if (i < Width)
            {
                LastOfRow<L, V>(row, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<L, V>(int row, int i)
        where L : struct, ILanes<V>
        where V : struct => Lanes<L, V, Part>(row, i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<L, V, TExtent>(int row, int i)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IExtent
    {
        int left = Width - i;
        nint atGate = ((nint)row * GateStride) + i;
        nint atUp = ((nint)row * UpStride) + i;
        float* output = Output + ((nint)row * Width) + i;
        V gate = TExtent.Load<L, V>(Gate + atGate, left);
        V up = TExtent.Load<L, V>(Up + atUp, left);
        V sigmoid = LaneMath.Sigmoid<L, V>(gate);
        V swish = L.Multiply(gate, sigmoid);
        if (!Backward)
        {
            TExtent.Store<L, V>(output, L.Multiply(swish, up), left);
            return;
        }

        V gradient = TExtent.Load<L, V>(output, left);
        if (UpGradient is not null)
        {
            RowLanes.StoreOrAdd<L, V, TExtent>(UpGradient + atUp, L.Multiply(gradient, swish), left, AddUp);
        }

        if (GateGradient is not null)
        {
            V rest = L.Subtract(L.Broadcast(1), sigmoid);
            V slope = L.MultiplyAdd(swish, rest, sigmoid);
            RowLanes.StoreOrAdd<L, V, TExtent>(GateGradient + atGate, L.Multiply(L.Multiply(gradient, up), slope), left, AddGate);
        }
    }
}
