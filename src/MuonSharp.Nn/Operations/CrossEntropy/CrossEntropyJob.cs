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
        var largest = TLanes.Broadcast(float.NegativeInfinity);
        for (var i = 0; i < Vocabulary; i += LaneDispatch.Count)
        {
            largest = TLanes.Max(largest, RowLanes.Load<TLanes, TVector>(logits + i, Vocabulary - i, float.NegativeInfinity));
        }

        var maximum = TLanes.Maximum(largest);
        double target = logits[Targets[row]];
        var sum = Exponentials<TLanes, TVector>(logits, TLanes.Broadcast(maximum));
        // A finite sum is at least 1, the share of the maximum; a diverged model has none, and its loss says so.
        Losses[row] = double.IsFinite(sum) ? PortableMath.Log(sum) + maximum - target : double.NaN;
        if (Gradients)
        {
            var factor = TLanes.Broadcast(double.IsFinite(Losses[row]) ? (float)(Scale / sum) : float.NaN);
            for (var i = 0; i < Vocabulary; i += LaneDispatch.Count)
            {
                var left = Vocabulary - i;
                RowLanes.Store<TLanes, TVector>(logits + i, TLanes.Multiply(factor, RowLanes.Load<TLanes, TVector>(logits + i, left)), left);
            }

            logits[Targets[row]] -= Scale;
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
            for (var i = start; i < end; i += LaneDispatch.Count)
            {
                var left = end - i;
                var logit = RowLanes.Load<TLanes, TVector>(logits + i, left, float.NegativeInfinity);
                var power = LaneMath.Exp<TLanes, TVector>(TLanes.Subtract(logit, maximum));
                sum = TLanes.Add(sum, power);
                RowLanes.Store<TLanes, TVector>(logits + i, power, left);
            }

            total += TLanes.Sum(sum);
        }

        return total;
    }
}
