using System.Diagnostics;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The list of work of Muon: small matrices one per worker, large ones one after the other on all workers.</summary>
/// <remarks>Which is which follows from the shape alone, and the result is the same either way. Scratch is allocated here, once: for each
/// worker what the largest small matrix needs, and once what the largest large one needs. Before each run <see cref="MuonMatrix.Operands"/> say where
/// the matrices lie.</remarks>
internal sealed unsafe class MuonPass : IDisposable
{
    /// <summary>m²n up to which a matrix runs on one worker: a product of 640³ is some ten milliseconds of one core.</summary>
    internal const long LargestSmallWork = 640L * 640 * 640;

    private const int MomentumPart = 0;
    private const int OrthogonalizePart = 1;
    private const int ApplyPart = 2;

    private readonly MuonMatrix[] _small;
    private readonly MuonMatrix[] _large;
    private readonly MuonMatrix[] _all;
    private readonly long _scratchOfWorker;
    private readonly NativeBuffer _scratch;
    private float _gradientScale;
    private StageClock? _clock;
    private IStepObserver? _observer;

    public MuonPass(IEnumerable<MuonMatrix> matrices, int workers)
    {
        _all = [.. matrices];

        // The longest first, so that no worker starts a long one when the others are done.
        _small = [.. _all.Where(matrix => matrix.Work <= LargestSmallWork).OrderByDescending(matrix => matrix.Work)];
        _large = [.. _all.Where(matrix => matrix.Work > LargestSmallWork)];
        _scratchOfWorker = _small.Length == 0 ? 0 : _small.Max(matrix => matrix.Scratch);
        _scratch = new NativeBuffer(ScratchLength([.. _all.Select(static matrix => (matrix.Work, matrix.Scratch))], workers));
    }

    /// <summary>Floats of scratch for matrices of that work and scratch.</summary>
    public static long ScratchLength(IReadOnlyCollection<(long Work, long Scratch)> matrices, int workers)
    {
        long shared = 0, own = 0;
        int small = 0;
        foreach ((long work, long scratch) in matrices)
        {
            bool isSmall = work <= LargestSmallWork;
            small += isSmall ? 1 : 0;
            own = isSmall ? Math.Max(own, scratch) : own;
            shared = isSmall ? shared : Math.Max(shared, scratch);
        }

        // A single task runs on the caller; of several, any worker may take any.
        return Math.Max(shared, small > 1 ? own * workers : own);
    }

    /// <summary>Steps every matrix whose operands are active.</summary>
    public void Run(WorkerTeam team, float gradientScale, StageClock? clock, IStepObserver? observer = null)
    {
        (_gradientScale, _clock, _observer) = (gradientScale, clock, observer);
        var job = new Job(this);
        team.Run(_small.Length, ref job);
        foreach (MuonMatrix matrix in _large)
        {
            Step(team, matrix, _scratch.Pointer, worker: 0);
        }
    }

    /// <summary>Momentum: gradient and momentum to momentum and direction. Orthogonalize: direction to result. Apply: result and weights to weights.</summary>
    public OptimizerStage[] Stages()
    {
        double bytes = sizeof(float) * _all.Sum(matrix => (double)matrix.Slice.Length);
        double flops = _all.Sum(matrix => matrix.Options.Orthogonalizer.Flops(matrix.Slice.Rows, matrix.Slice.Columns));
        return [new("momentum", 0, 4 * bytes), new("orthogonalize", flops, 2 * bytes), new("scale, decay and apply", 0, 3 * bytes)];
    }

    public void Dispose() => _scratch.Dispose();

    /// <summary>Momentum, orthogonalize, normalize rows, apply: one matrix, on a team or on the calling thread.</summary>
    private void Step(WorkerTeam? team, MuonMatrix matrix, float* scratch, int worker)
    {
        MuonOperands at = matrix.Operands;
        if (!at.IsActive)
        {
            return;
        }

        MatrixSlice slice = matrix.Slice;
        StepValues values = at.Values;
        Matrix direction = Matrix.Dense(scratch, slice.Rows, slice.Columns);
        Matrix result = Matrix.Dense(scratch + FlatLayout.Padded(slice.Length), slice.Rows, slice.Columns);
        MomentumCoefficients coefficients = matrix.Options.Form.Coefficients(values.Momentum, matrix.Options.Nesterov, at.Count);
        StageClock? clock = _clock;
        long time = clock is null ? 0 : Stopwatch.GetTimestamp();
        MomentumStage.Run(team, slice, at.Gradient, _gradientScale, coefficients, at.Momentum, direction);
        bool coupled = matrix.Options.Compat == MuonCompat.MlxCoupledDecay;
        if (coupled)
        {
            CoupledDecayStage.Run(team, slice, at.Weights, values.WeightDecay, coefficients, at.Momentum, direction);
        }

        clock?.Lap(worker, MomentumPart, ref time);
        if (matrix.Observed is { } before)
        {
            _observer!.Direction(before, new(direction.Data, slice.Length));
        }

        matrix.Outcome = matrix.Options.Orthogonalizer.Orthogonalize(team, direction, result, scratch + (2 * FlatLayout.Padded(slice.Length)));
        clock?.Lap(worker, OrthogonalizePart, ref time);
        double rate = values.LearningRate * matrix.Scale;
        if (matrix.Options.RowNormalization is { } normalization)
        {
            rate *= RowNormalizationStage.Run(team, slice, result, at.RowMeanSquares + matrix.FirstOutput, normalization);
        }

        if (matrix.Observed is { } after)
        {
            _observer!.Result(after, new(result.Data, slice.Length));
        }

        double decay = coupled ? 0 : values.LearningRate * values.WeightDecay;
        if (matrix.Options.NormalizeWeights)
        {
            decay = 1 - (WeightNorm.Factor(team, slice, at.Weights) * (1 - decay));
        }

        matrix.Squares = ApplyStage.Run(team, slice, at.Weights, result, rate, decay);
        clock?.Lap(worker, ApplyPart, ref time);
    }

    private readonly struct Job(MuonPass pass) : ITeamJob
    {
        public void Run(int task, int worker) =>
            pass.Step(null, pass._small[task], pass._scratch.Pointer + (worker * pass._scratchOfWorker), worker);
    }
}
