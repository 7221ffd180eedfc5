using System.Runtime.CompilerServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Rows of logits: the loss of each, and in training the logits' gradients in their place. A task is a range of rows.</summary>
internal unsafe struct CrossEntropyKernel : ITaskKernel
{
    private const int SumBlock = 1024;

    public float* Logits;
    public int* Targets;
    public double* Losses;
    public int Rows;
    public int Vocabulary;
    public float Scale;
    public float Smoothing;
    public bool Gradients;

    public static void Run(WorkerTeam team, CrossEntropyKernel kernel) =>
        team.RunLanes(TaskSize.Pieces(kernel.Rows, TaskSize.RowsPerTask(kernel.Vocabulary)), kernel);

    public readonly void Run<L, V>(int task, int worker)
        where L : struct, ILanes<V>
        where V : struct
    {
        int rows = TaskSize.RowsPerTask(Vocabulary);
        int end = Math.Min(Rows, (task + 1) * rows);
        for (int row = task * rows; row < end; row++)
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
        double target = Smoothing == 0 ? logits[Targets[row]] : Smoothed<L, V>(logits, logits[Targets[row]]);
        double sum = Exponentials<L, V>(logits, L.Broadcast(maximum));
        // A finite sum is at least 1, the share of the maximum; a diverged model has none, and its loss says so.
        Losses[row] = double.IsFinite(sum) ? PortableMath.Log(sum) + maximum - target : double.NaN;
        if (Gradients)
        {
            Multiply<L, V>(logits, double.IsFinite(Losses[row]) ? (float)(Scale / sum) : float.NaN);
            if (Smoothing == 0)
            {
                logits[Targets[row]] -= Scale;
            }
            else
            {
                Subtract<L, V>(logits, Scale * Smoothing / Vocabulary);
                logits[Targets[row]] -= Scale * (1 - Smoothing);
            }
        }
    }

    /// <summary>The logit that stands for a smoothed target: (1 - e) z[target] + e mean(z).</summary>
    private readonly double Smoothed<L, V>(float* logits, double target)
        where L : struct, ILanes<V>
        where V : struct
    {
        double total = 0;
        for (int start = 0; start < Vocabulary; start += SumBlock)
        {
            int end = Math.Min(Vocabulary, start + SumBlock);
            V sum = L.Broadcast(0);
            int i = start;
            for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                sum = L.Add(sum, L.Load(logits + i));
            }

            total += L.Sum(i < end ? L.Add(sum, RowEnd.Load<L, V>(logits + i, end - i)) : sum);
        }

        return ((1.0 - Smoothing) * target) + (Smoothing * total / Vocabulary);
    }

    private readonly void Subtract<L, V>(float* logits, float amount)
        where L : struct, ILanes<V>
        where V : struct
    {
        V all = L.Broadcast(amount);
        int i = 0;
        for (; i <= Vocabulary - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            L.Store(logits + i, L.Subtract(L.Load(logits + i), all));
        }

        for (; i < Vocabulary; i++)
        {
            logits[i] -= amount;
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
        where V : struct => L.Maximum(L.Max(largest, RowEnd.Load<L, V>(logits, left, float.NegativeInfinity)));

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
                sum = L.Add(sum, Exponential<L, V, FullVector>(logits + i, maximum, end - i));
            }

            total += i < end ? LastOfExponentials<L, V>(sum, logits + i, maximum, end - i) : L.Sum(sum);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfExponentials<L, V>(V sum, float* logits, V maximum, int left)
        where L : struct, ILanes<V>
        where V : struct => L.Sum(L.Add(sum, Exponential<L, V, RowEnd>(logits, maximum, left)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Exponential<L, V, TExtent>(float* logits, V maximum, int left)
        where L : struct, ILanes<V>
        where V : struct
        where TExtent : struct, IVectorExtent
    {
        V logit = TExtent.Load<L, V>(logits, left, float.NegativeInfinity);
        V power = LaneMath.Exp<L, V>(L.Subtract(logit, maximum));
        TExtent.Store<L, V>(logits, power, left);
        return power;
    }
}
