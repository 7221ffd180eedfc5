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
        double momentum = DefaultMomentum)
    {
        Rule.Check(gain.Length == x.Columns && bias.Length == x.Columns, $"[batchnorm] gain and bias have an element for each column; {gain}, {bias}, x {x}");
        Rule.Check(
            runningMean.Length == x.Columns && runningVariance.Length == x.Columns,
            $"[batchnorm] running statistics have an element for each column; {runningMean.Length} and {runningVariance.Length}, x {x}");
        Rule.Check(!tape.Training || x.Rows > 1, $"[batchnorm] a batch to train on has at least two rows; {x}");
        Rule.Check(momentum is >= 0 and <= 1, $"[batchnorm] the momentum is a share, 0 to 1; {momentum}");
        return tape.Record(new BatchNormOperation(x, gain, bias, runningMean, runningVariance, epsilon, momentum)).Output;
    }
}

/// <summary>y = gain h + bias with h = (x - mean) r, r = 1/√(variance + epsilon), by column.</summary>
/// <remarks>
/// <para>Backward: dbias = Σ dy, dgain = Σ dy h, dx = gain r (dy - mean(dy) - h mean(dy h)).</para>
/// <para>A task is sixteen columns over all rows: sums are lanes over 64 rows, then doubles, so neither threads nor vectors change a bit. Saved: mean and
/// r, two numbers a column. Cost: three passes over x forward (one in inference), two over x and dy backward.</para>
/// <para>Source: S. Ioffe and C. Szegedy, "Batch normalization", arXiv:1502.03167.</para>
/// </remarks>
internal sealed unsafe class BatchNormOperation(
    Tensor x, Tensor gain, Tensor bias, MemoryBlock runningMean, MemoryBlock runningVariance, float epsilon, double momentum) : Operation("batchnorm")
{
    private TapeBuffer _mean = null!;
    private TapeBuffer _scale = null!;
    private GradientSlot? _xGradient;
    private GradientSlot? _gainGradient;
    private GradientSlot? _biasGradient;

    public Tensor Output { get; private set; } = null!;

    private int Tasks => TaskSize.Pieces(x.Columns, LaneDispatch.Count);

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
    }

    protected internal override void Forward(in TapeRun run) => run.Team.RunLanes(Tasks, new BatchNormForward
    {
        X = x.Data,
        Y = Output.Data,
        Rows = x.Rows,
        Columns = x.Columns,
        Gain = gain.Data,
        Bias = bias.Data,
        Mean = _mean.Pointer,
        Scale = _scale.Pointer,
        RunningMean = runningMean.Address,
        RunningVariance = runningVariance.Address,
        Epsilon = epsilon,
        Momentum = momentum,
        Training = run.Training,
        Updates = run.Training && run.Phase == TapePhase.Forward,
    });

    protected internal override void Backward(in TapeRun run) => run.Team.RunLanes(Tasks, new BatchNormBackward
    {
        X = x.Data,
        OutputGradient = Output.GradientData,
        Rows = x.Rows,
        Columns = x.Columns,
        Gain = gain.Data,
        Mean = _mean.Pointer,
        Scale = _scale.Pointer,
        XGradient = _xGradient is null ? null : _xGradient.Data,
        AddX = _xGradient is { Accumulates: true },
        GainGradient = _gainGradient is null ? null : _gainGradient.Data,
        AddGain = _gainGradient is { Accumulates: true },
        BiasGradient = _biasGradient is null ? null : _biasGradient.Data,
        AddBias = _biasGradient is { Accumulates: true },
    });
}
