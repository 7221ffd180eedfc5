using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>An elementwise formula of two inputs, on sixteen lanes.</summary>
internal interface IElementFormula
{
    /// <summary>The formula.</summary>
    static abstract V Apply<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct;
}

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
        ElementJob<TFormula> mine = this;
        mine._task = task;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        long start = (long)_task * Cut.Elements;
        int count = (int)Math.Min(Cut.Elements, _length - start);
        float* a = _a + start;
        float* b = _b + start;
        float* destination = _destination + start;
        int i = 0;
        for (; i <= count - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            Lanes<L, V, Whole>(a + i, b + i, destination + i, count - i);
        }

        if (i < count)
        {
            Rest<L, V>(a + i, b + i, destination + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Rest<L, V>(float* a, float* b, float* destination, int left)
        where L : struct, ILanes<V>
        where V : struct => Lanes<L, V, Part>(a, b, destination, left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Lanes<L, V, TExtent>(float* a, float* b, float* destination, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IExtent
    {
        V value = TFormula.Apply<L, V>(TExtent.Load<L, V>(a, left), TExtent.Load<L, V>(b, left));
        RowLanes.StoreOrAdd<L, V, TExtent>(destination, value, left, _add);
    }
}

/// <summary>a: a copy, or a sum when the job adds.</summary>
internal readonly struct First : IElementFormula
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct => a;
}

/// <summary>a b.</summary>
internal readonly struct ProductFormula : IElementFormula
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Apply<L, V>(V a, V b)
        where L : struct, ILanes<V>
        where V : struct => L.Multiply(a, b);
}
