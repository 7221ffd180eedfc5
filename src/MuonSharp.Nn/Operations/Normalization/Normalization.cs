using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records normalizations of rows.</summary>
public static class NormalizationRecording
{
    /// <summary>Epsilon of LayerNorm in GPT-2 and torch.</summary>
    public const float LayerNormEpsilon = 1e-5f;

    /// <summary>Epsilon of RMSNorm in llama.</summary>
    public const float RmsNormEpsilon = 1e-6f;

    /// <summary>y = gain (x - mean) / √(variance + epsilon) + bias over each row.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="gain">[1, width].</param>
    /// <param name="bias">[1, width]; null for none.</param>
    /// <param name="epsilon">Added to the variance; default 1e-5.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor LayerNorm(this Tape tape, Tensor x, Tensor gain, Tensor? bias = null, float epsilon = LayerNormEpsilon)
    {
        Rule.Check(gain.Length == x.Columns, $"[layernorm] the gain has an element for each column; {gain}, x {x}");
        Rule.Check(bias is null || bias.Length == x.Columns, $"[layernorm] the bias has an element for each column; {bias}, x {x}");
        return tape.Record(new NormalizationOperation("layernorm", x, gain, bias, epsilon, centered: true)).Output;
    }

    /// <summary>y = gain x / √(mean of squares + epsilon), over each row or over each head of a row.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, width].</param>
    /// <param name="gain">[1, n], n a divisor of the width: every n columns are normalized on their own (QK-norm).</param>
    /// <param name="epsilon">Added to the mean of squares; default 1e-6.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor RmsNorm(this Tape tape, Tensor x, Tensor gain, float epsilon = RmsNormEpsilon)
    {
        Rule.Check(x.Columns % gain.Length == 0, $"[rmsnorm] the gain's length divides the columns; {gain}, x {x}");
        return tape.Record(new NormalizationOperation("rmsnorm", x, gain, null, epsilon, centered: false)).Output;
    }
}

/// <summary>LayerNorm, y = gain · h + bias with h = (x - mean) r and r = 1/√(variance + epsilon); and RMSNorm, the same without mean and bias,
/// where r = 1/√(mean of squares + epsilon).</summary>
/// <remarks>
/// <para>x [rows, groups·n], gain and bias [n]: each group of n columns is a row of its own here.</para>
/// <para>Backward, with g = gain · dy: dx = r (g - mean(g) - h mean(g h)), without mean(g) in RMSNorm; dgain = Σ dy h, dbias = Σ dy over the
/// rows, inside fixed chunks of rows and then as a binary tree over the chunks.</para>
/// <para>Forward saves mean and r, two numbers a row. Cost: one pass over memory each way (a row stays in the nearest cache).</para>
/// <para>Sources: J. Ba et al., arXiv:1607.06450; B. Zhang and R. Sennrich, arXiv:1910.07467.</para>
/// </remarks>
internal sealed unsafe class NormalizationOperation(string name, Tensor x, Tensor gain, Tensor? bias, float epsilon, bool centered)
    : Operation(name)
{
    private readonly int _columns = (int)gain.Length;
    private readonly int _rows = checked((int)(x.Length / gain.Length));
    private TapeBuffer _mean = null!;
    private TapeBuffer _scale = null!;
    private TapeBuffer? _gainPartial;
    private TapeBuffer? _biasPartial;
    private GradientSlot? _xGradient;
    private GradientSlot? _gainGradient;
    private GradientSlot? _biasGradient;

    public Tensor Output { get; private set; } = null!;

    private int Chunks => ColumnSums.Chunks(_rows, _columns);

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x, inBackward: true);
        plan.Reads(gain, inBackward: true);
        plan.Reads(bias);
        Output = plan.Writes(x.Rows, x.Columns);
        _mean = plan.ForBackward("mean", _rows);
        _scale = plan.ForBackward("scale", _rows);
        _xGradient = plan.Gradient(x, passedFrom: Output);
        _gainGradient = plan.Gradient(gain);
        _biasGradient = plan.Gradient(bias);
        _gainPartial = _gainGradient is null ? null : plan.ScratchInBackward("gain", (long)Chunks * _columns);
        _biasPartial = _biasGradient is null ? null : plan.ScratchInBackward("bias", (long)Chunks * _columns);
    }

    protected internal override void Forward(in TapeRun run)
    {
        var kernel = new NormalizationForward
        {
            X = x.Data,
            Gain = gain.Data,
            Bias = bias is null ? null : bias.Data,
            Y = Output.Data,
            Mean = _mean.Pointer,
            Scale = _scale.Pointer,
            Rows = _rows,
            Columns = _columns,
            Epsilon = epsilon,
            Centered = centered,
        };
        run.Team.RunLanes(Chunks, kernel);
    }

    protected internal override void Backward(in TapeRun run)
    {
        var kernel = new NormalizationBackward
        {
            X = x.Data,
            Gain = gain.Data,
            Dy = Output.GradientData,
            Dx = _xGradient is null ? null : _xGradient.Data,
            AddDx = _xGradient is { Accumulates: true },
            GainPartial = _gainPartial is null ? null : _gainPartial.Pointer,
            BiasPartial = _biasPartial is null ? null : _biasPartial.Pointer,
            Mean = _mean.Pointer,
            Scale = _scale.Pointer,
            Rows = _rows,
            Columns = _columns,
            Centered = centered,
        };
        run.Team.RunLanes(Chunks, kernel);
        if (_gainGradient is not null)
        {
            ColumnSums.Combine(run.Team, _gainPartial!.Pointer, Chunks, _columns, _gainGradient.Data, _gainGradient.Accumulates);
        }

        if (_biasGradient is not null)
        {
            ColumnSums.Combine(run.Team, _biasPartial!.Pointer, Chunks, _columns, _biasGradient.Data, _biasGradient.Accumulates);
        }
    }
}
