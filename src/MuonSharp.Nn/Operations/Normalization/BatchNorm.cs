using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Records batch normalizations.</summary>
public static class BatchNormRecording
{
    /// <summary>Added to the variance, as torch's.</summary>
    public const float DefaultEpsilon = 1e-5f;

    /// <summary>Share of a batch's statistics in the running ones, as torch's.</summary>
    public const double DefaultMomentum = 0.1;

    /// <summary>y = gain (x - mean) / √(variance + epsilon) + bias over each column.</summary>
    /// <remarks>A training tape takes mean and (biased) variance of the batch's rows, and moves the running ones towards it once a forward run: r + momentum (b - r), with
    /// the unbiased variance, as torch does. A tape for inference takes the running ones and changes nothing.</remarks>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, width], at least two rows on a training tape.</param>
    /// <param name="gain">[1, width].</param>
    /// <param name="bias">[1, width].</param>
    /// <param name="runningMean">width floats, at first 0.</param>
    /// <param name="runningVariance">width floats, at first 1.</param>
    /// <param name="epsilon">Added to the variance; default 1e-5.</param>
    /// <param name="momentum">Share of the batch in the running statistics, in [0, 1]; default 0.1.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor BatchNorm(
        this Tape tape,
        Tensor x,
        Tensor gain,
        Tensor bias,
        MemoryBlock runningMean,
        MemoryBlock runningVariance,
        float epsilon = DefaultEpsilon,
        double momentum = DefaultMomentum) =>
        tape.BatchNorm(x, gain, bias, runningMean, runningVariance, epsilon, momentum, moments: null);

    /// <summary>The same for a layer that may keep what a run measures.</summary>
    internal static Tensor BatchNorm(
        this Tape tape, Tensor x, Tensor gain, Tensor bias, MemoryBlock runningMean, MemoryBlock runningVariance, float epsilon, double momentum, BatchMoments? moments)
    {
        Rule.Check(gain.Length == x.Columns && bias.Length == x.Columns, $"[batchnorm] gain and bias have an element for each column; {gain}, {bias}, x {x}");
        Rule.Check(
            runningMean.Length == x.Columns && runningVariance.Length == x.Columns,
            $"[batchnorm] running statistics have an element for each column; {runningMean.Length} and {runningVariance.Length}, x {x}");
        Rule.Check(!tape.Training || x.Rows > 1, $"[batchnorm] a batch to train on has at least two rows; {x}");
        Rule.Check(momentum is >= 0 and <= 1, $"[batchnorm] the momentum is a share, 0 to 1; {momentum}");
        return tape.Record(new BatchNormOperation(x, gain, bias, runningMean, runningVariance, epsilon, momentum, moments)).Output;
    }
}

/// <summary>y = gain h + bias with h = (x - mean) r, r = 1/√(variance + epsilon), by column.</summary>
/// <remarks>
/// <para>Backward: dbias = Σ dy, dgain = Σ dy h, dx = gain r (dy - mean(dy) - h mean(dy h)).</para>
/// <para>Sums are lanes over runs of 64 rows, then doubles in the order of the runs, so neither threads nor vectors change a bit. A run's squares are those of distances from the run's own
/// mean, taken while its rows are in the nearest cache; Σ (x - mean)² = Σ of them + Σ 64 (mean of the run - mean)². Saved: mean and r, two numbers a column.
/// Cost: two passes over x forward (one in inference), two over x and dy backward.</para>
/// <para>Sources: S. Ioffe and C. Szegedy, "Batch normalization", arXiv:1502.03167; T. Chan, G. Golub and R. LeVeque, "Algorithms for computing the sample variance", 1983.</para>
/// </remarks>
internal sealed unsafe class BatchNormOperation(
    Tensor x, Tensor gain, Tensor bias, MemoryBlock runningMean, MemoryBlock runningVariance, float epsilon, double momentum, BatchMoments? moments) : Operation("batchnorm")
{
    private TapeBuffer _mean = null!;
    private TapeBuffer _scale = null!;
    private TapeBuffer? _sums;
    private TapeBuffer? _gradientSums;
    private GradientSlot? _xGradient;
    private GradientSlot? _gainGradient;
    private GradientSlot? _biasGradient;

    public Tensor Output { get; private set; } = null!;

    private int ColumnTasks => TaskSize.Pieces(x.Columns, LaneDispatch.Count);

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x, inBackward: true);
        plan.Reads(gain, inBackward: true);
        plan.Reads(bias);
        Output = plan.Writes(x.Rows, x.Columns);
        _xGradient = plan.Gradient(x);
        _gainGradient = plan.Gradient(gain);
        _biasGradient = plan.Gradient(bias);
        _mean = plan.ForBackward("mean", x.Columns);
        _scale = plan.ForBackward("scale", x.Columns);
        _sums = plan.ScratchInForward("sums", RowRuns.Length(x.Rows, x.Columns));
        _gradientSums = plan.ScratchInBackward("sums of gradients", RowRuns.Length(x.Rows, x.Columns) + (2L * x.Columns));
    }

    protected internal override void Forward(in TapeRun run)
    {
        bool updates = run.Training && run.Phase == TapePhase.Forward;
        BatchNormStatistics statistics = new()
        {
            Sums = new(x.Rows, x.Columns, _sums!.Pointer),
            Mean = _mean.Pointer,
            Scale = _scale.Pointer,
            RunningMean = runningMean.Address,
            RunningVariance = runningVariance.Address,
            Epsilon = epsilon,
            Momentum = momentum,
            Updates = updates,
            Held = updates && moments is not null ? moments.Begin(x.Rows) : null,
        };
        if (run.Training)
        {
            run.Team.RunLanes(statistics.Sums.Tasks, new BatchNormRunSums(statistics.Sums, x.Data));
            run.Team.RunLanes(ColumnTasks, statistics);
        }
        else
        {
            statistics.TakeRunning();
        }

        run.Team.RunLanes(statistics.Sums.Tasks, new BatchNormOutput(statistics.Sums, x.Data, Output.Data, gain.Data, bias.Data, _mean.Pointer, _scale.Pointer));
    }

    protected internal override void Backward(in TapeRun run)
    {
        float* means = _gradientSums!.Pointer;
        RowRuns sums = new(x.Rows, x.Columns, means + (2L * x.Columns));
        run.Team.RunLanes(sums.Tasks, new BatchNormGradientSums(sums, x.Data, Output.GradientData, _mean.Pointer, _scale.Pointer));
        run.Team.RunLanes(ColumnTasks, new BatchNormParameterGradients
        {
            Sums = sums,
            Means = means,
            Gain = _gainGradient is null ? null : _gainGradient.Data,
            AddGain = _gainGradient is { Accumulates: true },
            Bias = _biasGradient is null ? null : _biasGradient.Data,
            AddBias = _biasGradient is { Accumulates: true },
        });
        if (_xGradient is not null)
        {
            run.Team.RunLanes(sums.Tasks, new BatchNormInputGradient
            {
                Sums = sums,
                X = x.Data,
                OutputGradient = Output.GradientData,
                Gain = gain.Data,
                Mean = _mean.Pointer,
                Scale = _scale.Pointer,
                Means = means,
                Gradient = _xGradient.Data,
                Add = _xGradient.Accumulates,
            });
        }
    }
}
