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
        var mine = this;
        mine._task = task;
        LaneDispatch.Run(ref mine);
    }

    public readonly void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var rows = Cut.RowsPerTask(Vocabulary);
        var end = Math.Min(Rows, (_task + 1) * rows);
        for (var row = _task * rows; row < end; row++)
        {
            var logits = Logits + ((nint)row * Vocabulary);
            if (Targets[row] < 0)
            {
                Losses[row] = 0;
                new Span<float>(logits, Vocabulary).Clear();
            }
            else
            {
                Row<TLanes, TVector>(row, logits);
            }
        }
    }

    private readonly void Row<TLanes, TVector>(int row, float* logits)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var maximum = Largest<TLanes, TVector>(logits);
        double target = logits[Targets[row]];
        var sum = Exponentials<TLanes, TVector>(logits, TLanes.Broadcast(maximum));
        // A finite sum is at least 1, the share of the maximum; a diverged model has none, and its loss says so.
        Losses[row] = double.IsFinite(sum) ? PortableMath.Log(sum) + maximum - target : double.NaN;
        if (Gradients)
        {
            Multiply<TLanes, TVector>(logits, double.IsFinite(Losses[row]) ? (float)(Scale / sum) : float.NaN);
            logits[Targets[row]] -= Scale;
        }
    }

    private readonly float Largest<TLanes, TVector>(float* logits)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var largest = TLanes.Broadcast(float.NegativeInfinity);
        var i = 0;
        for (; i <= Vocabulary - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            largest = TLanes.Max(largest, TLanes.Load(logits + i));
        }

        return i < Vocabulary ? LastOfMaximum<TLanes, TVector>(largest, logits + i, Vocabulary - i) : TLanes.Maximum(largest);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfMaximum<TLanes, TVector>(TVector largest, float* logits, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Maximum(TLanes.Max(largest, Part.Load<TLanes, TVector>(logits, left, float.NegativeInfinity)));

    private readonly void Multiply<TLanes, TVector>(float* logits, float factor)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var scale = TLanes.Broadcast(factor);
        var i = 0;
        for (; i <= Vocabulary - LaneDispatch.Count; i += LaneDispatch.Count)
        {
            TLanes.Store(logits + i, TLanes.Multiply(scale, TLanes.Load(logits + i)));
        }

        for (; i < Vocabulary; i++)
        {
            logits[i] = factor * logits[i];
        }
    }

    private readonly double Exponentials<TLanes, TVector>(float* logits, TVector maximum)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var total = 0.0;
        for (var start = 0; start < Vocabulary; start += SumBlock)
        {
            var end = Math.Min(Vocabulary, start + SumBlock);
            var sum = TLanes.Broadcast(0);
            var i = start;
            for (; i <= end - LaneDispatch.Count; i += LaneDispatch.Count)
            {
                sum = TLanes.Add(sum, Exponential<TLanes, TVector, Whole>(logits + i, maximum, end - i));
            }

            total += i < end ? LastOfExponentials<TLanes, TVector>(sum, logits + i, maximum, end - i) : TLanes.Sum(sum);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float LastOfExponentials<TLanes, TVector>(TVector sum, float* logits, TVector maximum, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Sum(TLanes.Add(sum, Exponential<TLanes, TVector, Part>(logits, maximum, left)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exponential<TLanes, TVector, TExtent>(float* logits, TVector maximum, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
        where TExtent : struct, IExtent
    {
        var logit = TExtent.Load<TLanes, TVector>(logits, left, float.NegativeInfinity);
        var power = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(logit, maximum));
        TExtent.Store<TLanes, TVector>(logits, power, left);
        return power;
    }
}
