using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Gate and up of a gated unit: column ranges of one tensor or of two.</summary>
/// <param name="Gate">The gate.</param>
/// <param name="Up">Up, as wide.</param>
internal sealed record GatedInputs(TensorColumns Gate, TensorColumns Up)
{
    public int Rows => Gate.Tensor.Rows;

    public int Width => Gate.Columns.Width;
}

/// <summary>y = f(gate) up, with f = SiLU the unit of llama's feed-forward block.</summary>
/// <remarks>
/// <para>dup = dy f(gate), dgate = dy up f'(gate). One pass each way; nothing is saved but the inputs.</para>
/// <para>Source: N. Shazeer, "GLU variants improve transformer", arXiv:2002.05202.</para>
/// </remarks>
internal sealed unsafe class GatedOperation<TActivation>(string name, GatedInputs inputs) : Operation(name)
    where TActivation : struct, IActivation
{
    private GradientSlot? _gateGradient;
    private GradientSlot? _upGradient;

    public Tensor Output { get; private set; } = null!;

    private int Tasks => TaskSize.Pieces(inputs.Rows, TaskSize.RowsPerTask(inputs.Width));

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(inputs.Gate.Tensor, inBackward: true);
        plan.Reads(inputs.Up.Tensor, inBackward: true);
        Output = plan.Writes(inputs.Rows, inputs.Width);
        _gateGradient = plan.Gradient(inputs.Gate.Tensor);
        _upGradient = inputs.Gate.Tensor == inputs.Up.Tensor ? _gateGradient : plan.Gradient(inputs.Up.Tensor);
    }

    protected internal override void Forward(in TapeRun run) => run.Team.RunLanes(Tasks, new GatedForward<TActivation>(Place, Output.Data));

    protected internal override void Backward(in TapeRun run) => run.Team.RunLanes(Tasks, new GatedBackward<TActivation>(Place, Output.GradientData)
    {
        GateGradient = _gateGradient is null ? null : _gateGradient.Data + inputs.Gate.Columns.First,
        UpGradient = _upGradient is null ? null : _upGradient.Data + inputs.Up.Columns.First,
        AddGate = _gateGradient is { Accumulates: true },
        AddUp = _upGradient is { Accumulates: true },
    });

    private GatedPlace Place => new()
    {
        Gate = inputs.Gate.Tensor.Data + inputs.Gate.Columns.First,
        GateStride = inputs.Gate.Tensor.Columns,
        Up = inputs.Up.Tensor.Data + inputs.Up.Columns.First,
        UpStride = inputs.Up.Tensor.Columns,
        Rows = inputs.Rows,
        Width = inputs.Width,
    };
}

/// <summary>Where gate and up lie.</summary>
internal unsafe struct GatedPlace
{
    public float* Gate;
    public int GateStride;
    public float* Up;
    public int UpStride;
    public int Rows;
    public int Width;
}

/// <summary>y = f(gate) up. A task is a range of rows.</summary>
internal readonly unsafe struct GatedForward<TActivation>(GatedPlace place, float* output) : ITaskKernel
    where TActivation : struct, IActivation
{
    public void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int end = Math.Min(place.Rows, (task + 1) * TaskSize.RowsPerTask(place.Width));
        for (int row = task * TaskSize.RowsPerTask(place.Width); row < end; row++)
        {
            int i = 0;
            for (; i <= place.Width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                Lanes<L, V, FullVector>(row, i);
            }

            if (i < place.Width)
            {
                LastOfRow<L, V>(row, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LastOfRow<L, V>(int row, int i)
        where L : struct, ILanes<V>
        where V : struct => Lanes<L, V, RowEnd>(row, i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Lanes<L, V, TExtent>(int row, int i)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = place.Width - i;
        V gate = TExtent.Load<L, V>(place.Gate + ((nint)row * place.GateStride) + i, left);
        V up = TExtent.Load<L, V>(place.Up + ((nint)row * place.UpStride) + i, left);
        TExtent.Store<L, V>(output + ((nint)row * place.Width) + i, L.Multiply(TActivation.Value<L, V>(gate), up), left);
    }
}

/// <summary>The gradients of gate and up, each where it is wanted. A task is a range of rows.</summary>
internal unsafe struct GatedBackward<TActivation>(GatedPlace place, float* outputGradient) : ITaskKernel
    where TActivation : struct, IActivation
{
    public float* GateGradient;
    public float* UpGradient;
    public bool AddGate;
    public bool AddUp;

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int end = Math.Min(place.Rows, (task + 1) * TaskSize.RowsPerTask(place.Width));
        for (int row = task * TaskSize.RowsPerTask(place.Width); row < end; row++)
        {
            int i = 0;
            for (; i <= place.Width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                Lanes<L, V, FullVector>(row, i);
            }

            if (i < place.Width)
            {
                LastOfRow<L, V>(row, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<L, V>(int row, int i)
        where L : struct, ILanes<V>
        where V : struct => Lanes<L, V, RowEnd>(row, i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<L, V, TExtent>(int row, int i)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        int left = place.Width - i;
        nint atGate = ((nint)row * place.GateStride) + i;
        nint atUp = ((nint)row * place.UpStride) + i;
        V gradient = TExtent.Load<L, V>(outputGradient + ((nint)row * place.Width) + i, left);
        V value = TActivation.Value<L, V>(TExtent.Load<L, V>(place.Gate + atGate, left), out V slope);
        V up = TExtent.Load<L, V>(place.Up + atUp, left);
        if (UpGradient is not null)
        {
            VectorExtents.StoreOrAdd<L, V, TExtent>(UpGradient + atUp, L.Multiply(gradient, value), left, AddUp);
        }

        if (GateGradient is not null)
        {
            VectorExtents.StoreOrAdd<L, V, TExtent>(GateGradient + atGate, L.Multiply(L.Multiply(gradient, up), slope), left, AddGate);
        }
    }
}
