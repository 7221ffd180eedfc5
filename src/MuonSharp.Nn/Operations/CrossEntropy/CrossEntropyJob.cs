using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Rows of logits: the loss of each, and in training the logits' gradients in their place. A task is a range of rows.</summary>
internal unsafe struct CrossEntropyJob : ITeamJob, ILaneKernel
{
    private const int SumBlock = 1024;

    public float* Logits;
    public int* Targets;
    public double* Losses;
    public int Rows;
    public int Vocabulary;
    public float Scale;
    public bool Gradients;
    private int _task;

    public readonly void Run(int task, int worker)
    {
        CrossEntropyJob mine = this;
        mine._task = task;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<L, V>()
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = Cut.RowsPerTask(Vocabulary);
        int end = Math.Min(Rows, (_task + 1) * rows);
        for (int row = _task * rows; row < end; row++)
        {
            float* logits = Logits + ((nint)row * Vocabulary);
            if (Targets[row] < 0)
            {
                Losses[row] = 0;
                new Span<float>(logits, Vocabulary).Clear();
            }
            else
            {
                Row<L, V>(row, logits);
            }
        }
    }

    private readonly void Row<L, V>(int row, float* logits)
        where L : struct, ILanes<V>
        where V : struct
    {
        float maximum = Largest<L, V>(logits);
        double target = logits[Targets[row]];
        double sum = Exponentials<L, V>(logits, L.Broadcast(maximum));
        // A finite sum is at least 1, the share of the maximum; a diverged model has none, and its loss says so.
        Losses[row] = double.IsFinite(sum) ? PortableMath.Log(sum) + maximum - target : double.NaN;
        if (Gradients)
        {
            Multiply<L, V>(logits, double.IsFinite(Losses[row]) ? (float)(Scale / sum) : float.NaN);
            logits[Targets[row]] -= Scale;
        }
    }

    private readonly float Largest<L, V>(float* logits)
        where L : struct, ILanes<V>
        where V : struct
    {
        V largest = L.Broadcast(float.NegativeInfinity);
        int i = 0;
        for (; i <= Vocabulary - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            largest = L.Max(largest, L.Load(logits + i));
        }

        return i < Vocabulary ? LastOfMaximum<L, V>(largest, logits + i, Vocabulary - i) : L.Maximum(largest);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfMaximum<L, V>(V largest, float* logits, int left)
        where L : struct, ILanes<V>
        where V : struct => L.Maximum(L.Max(largest, Part.Load<L, V>(logits, left, float.NegativeInfinity)));

    private readonly void Multiply<L, V>(float* logits, float factor)
        where L : struct, ILanes<V>
        where V : struct
    {
        V scale = L.Broadcast(factor);
        int i = 0;
        for (; i <= Vocabulary - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            L.Store(logits + i, L.Multiply(scale, L.Load(logits + i)));
        }

        for (; i < Vocabulary; i++)
        {
            logits[i] = factor * logits[i];
        }
    }

    private readonly double Exponentials<L, V>(float* logits, V maximum)
        where L : struct, ILanes<V>
        where V : struct
    {
        double total = 0.0;
        for (int start = 0; start < Vocabulary; start += SumBlock)
        {
            int end = Math.Min(Vocabulary, start + SumBlock);
            V sum = L.Broadcast(0);
            int i = start;
            for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                sum = L.Add(sum, Exponential<L, V, Whole>(logits + i, maximum, end - i));
            }

            total += i < end ? LastOfExponentials<L, V>(sum, logits + i, maximum, end - i) : L.Sum(sum);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfExponentials<L, V>(V sum, float* logits, V maximum, int left)
        where L : struct, ILanes<V>
        where V : struct => L.Sum(L.Add(sum, Exponential<L, V, Part>(logits, maximum, left)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Exponential<L, V, TExtent>(float* logits, V maximum, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IExtent
    {
        V logit = TExtent.Load<L, V>(logits, left, float.NegativeInfinity);
        V power = LaneMath.Exp<L, V>(L.Subtract(logit, maximum));
        TExtent.Store<L, V>(logits, power, left);
        return power;
    }
}
