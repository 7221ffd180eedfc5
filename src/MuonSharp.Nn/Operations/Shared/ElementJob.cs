using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>destination = [destination +] formula(a, b), cut into tasks of fixed size. Any of the three may be the same memory.</summary>
internal unsafe struct ElementJob<TFormula> : ITeamJob, ILaneKernel
    where TFormula : struct, IElementFormula
{
    private readonly float* _a;
    private readonly float* _b;
    private readonly float* _destination;
    private readonly long _length;
    private readonly bool _add;
    private int _task;

    private ElementJob(float* a, float* b, float* destination, long length, bool add)
    {
        _a = a;
        _b = b;
        _destination = destination;
        (_length, _add) = (length, add);
    }

    public static void Run(WorkerTeam team, float* a, float* b, float* destination, long length, bool add)
    {
        var job = new ElementJob<TFormula>(a, b, destination, length, add);
        team.Run(Cut.Pieces(length, Cut.Elements), ref job);
    }

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
        var start = (long)_task * Cut.Elements;
        var count = (int)Math.Min(Cut.Elements, _length - start);
        var a = _a + start;
        var b = _b + start;
        var destination = _destination + start;
        var i = 0;
        for (; i <= count - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Lanes<TLanes, TVector, Whole>(a + i, b + i, destination + i, count - i);
        }

        if (i < count)
        {
            Rest<TLanes, TVector>(a + i, b + i, destination + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Rest<TLanes, TVector>(float* a, float* b, float* destination, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => Lanes<TLanes, TVector, Part>(a, b, destination, left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<TLanes, TVector, TExtent>(float* a, float* b, float* destination, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent
    {
        var value = TFormula.Apply<TLanes, TVector>(TExtent.Load<TLanes, TVector>(a, left), TExtent.Load<TLanes, TVector>(b, left));
        RowLanes.StoreOrAdd<TLanes, TVector, TExtent>(destination, value, left, _add);
    }
}
