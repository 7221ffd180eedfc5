using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

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
        var mine = this;
        mine._task = task;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var end = Math.Min(Rows, (_task + 1) * Cut.RowsPerTask(Width));
        for (var row = _task * Cut.RowsPerTask(Width); row < end; row++)
        {
            var i = 0;
            for (; i <= Width - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                Lanes<TLanes, TVector, Whole>(row, i);
            }

            if (i < Width)
            {
                LastOfRow<TLanes, TVector>(row, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void LastOfRow<TLanes, TVector>(int row, int i)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => Lanes<TLanes, TVector, Part>(row, i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<TLanes, TVector, TExtent>(int row, int i)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent
    {
        var left = Width - i;
        var atGate = ((nint)row * GateStride) + i;
        var atUp = ((nint)row * UpStride) + i;
        var output = Output + ((nint)row * Width) + i;
        var gate = TExtent.Load<TLanes, TVector>(Gate + atGate, left);
        var up = TExtent.Load<TLanes, TVector>(Up + atUp, left);
        var sigmoid = LaneMath.Sigmoid<TLanes, TVector>(gate);
        var swish = TLanes.Multiply(gate, sigmoid);
        if (!Backward)
        {
            TExtent.Store<TLanes, TVector>(output, TLanes.Multiply(swish, up), left);
            return;
        }

        var gradient = TExtent.Load<TLanes, TVector>(output, left);
        if (UpGradient != null)
        {
            RowLanes.StoreOrAdd<TLanes, TVector, TExtent>(UpGradient + atUp, TLanes.Multiply(gradient, swish), left, AddUp);
        }

        if (GateGradient != null)
        {
            var rest = TLanes.Subtract(TLanes.Broadcast(1), sigmoid);
            var slope = TLanes.MultiplyAdd(swish, rest, sigmoid);
            RowLanes.StoreOrAdd<TLanes, TVector, TExtent>(GateGradient + atGate, TLanes.Multiply(TLanes.Multiply(gradient, up), slope), left, AddGate);
        }
    }
}
