using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>y = weight (x - mean) / √(variance + epsilon) + bias, over each column of a batch; at inference with the running mean and variance.</summary>
/// <remarks>
/// <para>Rows of numbers (torch's BatchNorm1d) or the pixels of images (BatchNorm2d): a column is a channel, its statistics are over all rows.</para>
/// <para>Parameters: <c>weight</c> [width], at first 1; <c>bias</c> [width], at first 0. Buffers: <c>running_mean</c> [width], at first 0; <c>running_var</c> [width], at first 1: moved
/// once a forward run of a training tape, by the momentum, with the unbiased variance, as torch's.</para>
/// <para>Source: S. Ioffe and C. Szegedy, "Batch normalization", arXiv:1502.03167.</para>
/// </remarks>
public sealed class BatchNorm : ILayer, IRunStatistics
{
    private readonly BatchMoments _moments;
    private Tape? _lastTape;
    private bool _standsTwice;

    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="epsilon">Added to the variance. Default 1e-5.</param>
    /// <param name="momentum">Share of a batch in the running statistics, 0 to 1. Default 0.1.</param>
    /// <param name="frozenWeight">Whether the gain is a buffer of the model, saved with it and not trained. Default false.</param>
    /// <exception cref="ArgumentException">The width is below 1, or the name is taken.</exception>
    public BatchNorm(
        ModelBuilder builder,
        string name,
        int width,
        float epsilon = BatchNormRecording.DefaultEpsilon,
        double momentum = BatchNormRecording.DefaultMomentum,
        bool frozenWeight = false)
    {
        ModelBuilder scope = builder.Scope(name);
        if (frozenWeight)
        {
            FrozenWeight = scope.Buffer("weight", [width], initial: 1);
        }
        else
        {
            Weight = scope.Parameter("weight", [width], ParameterRole.Gain, Initializers.Ones);
        }

        Bias = scope.Parameter("bias", [width], ParameterRole.Bias, Initializers.Zeros);
        RunningMean = scope.Buffer("running_mean", [width]);
        RunningVariance = scope.Buffer("running_var", [width], initial: 1);
        (Epsilon, Momentum) = (epsilon, momentum);
        _moments = new BatchMoments(width);
        scope.RunStatistics(this);
    }

    /// <summary>The gain; null where it is frozen.</summary>
    public Parameter? Weight { get; }

    /// <summary>The gain where it is frozen; else null.</summary>
    public ModelBuffer? FrozenWeight { get; }

    /// <summary>The bias.</summary>
    public Parameter Bias { get; }

    /// <summary>The running mean.</summary>
    public ModelBuffer RunningMean { get; }

    /// <summary>The running variance.</summary>
    public ModelBuffer RunningVariance { get; }

    /// <summary>Added to the variance.</summary>
    public float Epsilon { get; }

    /// <summary>Share of a batch in the running statistics.</summary>
    public double Momentum { get; }

    /// <inheritdoc/>
    public Tensor Record(Tape tape, Tensor x)
    {
        _standsTwice |= tape.Training && ReferenceEquals(_lastTape, tape);
        _lastTape = tape.Training ? tape : _lastTape;
        Tensor gain = Weight is null ? tape.Buffer(FrozenWeight!) : tape.Parameter(Weight);
        return tape.BatchNorm(x, gain, tape.Parameter(Bias), RunningMean.Values, RunningVariance.Values, Epsilon, Momentum, _moments);
    }

    int IRunStatistics.RunLength => _moments.Length;

    bool IRunStatistics.HoldsRuns
    {
        get => _moments.Holds;
        set => _moments.Holds = !value || !_standsTwice ? value
            : throw new InvalidOperationException($"[batchnorm] one process trains a network in which a layer stands more than once; {RunningMean.Name} would move twice a run");
    }

    void IRunStatistics.ReadRun(Span<byte> run) => _moments.Read(run);

    void IRunStatistics.TakeRun(ReadOnlySpan<byte> run) => BatchMoments.Take(run, RunningMean.Values.Span, RunningVariance.Values.Span, Momentum);
}
