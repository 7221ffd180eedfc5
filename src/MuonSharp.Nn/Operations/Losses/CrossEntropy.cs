using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Records cross-entropies: of given logits, or of a head together with its product.</summary>
public static class CrossEntropyRecording
{
    /// <summary>Target of a token that does not count.</summary>
    public const int Ignored = -1;

    /// <summary>Mean cross-entropy of softmax(x Wᵀ) against the targets. On a training tape the forward run already adds the gradients.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[tokens, width].</param>
    /// <param name="weight">The head [vocabulary, width], or [width, vocabulary] by <paramref name="orientation"/>.</param>
    /// <param name="targets">A token of the vocabulary for each row of x, or <see cref="Ignored"/>.</param>
    /// <param name="orientation">How the head is stored; default [out, in].</param>
    /// <param name="chunkRows">Rows whose logits exist at the same time; 0 (default) chooses by vocabulary, at most 64 MB.</param>
    /// <param name="labelSmoothing">Share of the target that is spread over all classes, in [0, 1). Default 0.</param>
    /// <param name="logitCap">Cap of the logits, above 0: z = cap tanh((x Wᵀ) / cap), which costs a second chunk of logits in training. Default: none.</param>
    /// <returns>Where the loss appears after a forward run.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the smoothing or the cap is outside of its range.</exception>
    public static Loss CrossEntropy(
        this Tape tape,
        Tensor x,
        Tensor weight,
        TokenBuffer targets,
        MatrixOrientation orientation = MatrixOrientation.OutIn,
        int chunkRows = 0,
        double labelSmoothing = 0,
        double? logitCap = null)
    {
        int fanIn = orientation == MatrixOrientation.OutIn ? weight.Columns : weight.Rows;
        Rule.Check(x.Columns == fanIn, $"[cross-entropy] inner sizes differ: x is {x}, the head {weight} stored {orientation}");
        Rule.Check(targets.Length == x.Rows, $"[cross-entropy] a target for each row; {targets.Length} targets, x {x}");
        Rule.Check(chunkRows >= 0, $"[cross-entropy] a chunk has rows; {chunkRows}");
        CheckSmoothing(labelSmoothing);
        Rule.Check(logitCap is null or > 0, $"[cross-entropy] a cap of logits is above 0; {logitCap}");
        var inputs = new LinearInputs(x, weight, null, null, orientation);
        return tape.Record(new CrossEntropyOperation(inputs, targets, chunkRows, (float)labelSmoothing, logitCap)).Loss;
    }

    /// <summary>Mean cross-entropy of softmax(logits) against the targets. On a training tape the forward run already adds the gradients.</summary>
    /// <remarks>With smoothing e and K classes the target is 1 - e + e/K for the right class and e/K for every other one, as torch's.</remarks>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="targets">A class for each row, or <see cref="Ignored"/>.</param>
    /// <param name="labelSmoothing">Share of the target that is spread over all classes, in [0, 1). Default 0.</param>
    /// <returns>Where the loss appears after a forward run.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the smoothing is outside of its range.</exception>
    public static Loss CrossEntropy(this Tape tape, Tensor logits, TokenBuffer targets, double labelSmoothing = 0)
    {
        Rule.Check(targets.Length == logits.Rows, $"[cross-entropy] a target for each row; {targets.Length} targets, logits {logits}");
        CheckSmoothing(labelSmoothing);
        return tape.Record(new LogitsLossOperation(logits, targets, (float)labelSmoothing)).Loss;
    }

    /// <summary>Throws unless every target is a class or ignored.</summary>
    internal static void CheckTargets(TokenBuffer targets, int classes)
    {
        int worst = targets.Span.IndexOfAnyExceptInRange(Ignored, classes - 1);
        if (worst >= 0)
        {
            throw new ArgumentOutOfRangeException(
                targets.Name,
                $"[cross-entropy] targets are 0 to {classes - 1}, or -1 to be ignored; target {targets.Span[worst]} at position {worst}");
        }
    }

    private static void CheckSmoothing(double labelSmoothing) =>
        Rule.Check(labelSmoothing is >= 0 and < 1, $"[cross-entropy] a label smoothing is at least 0 and below 1; {labelSmoothing}");
}

/// <summary>The head of a language model and its loss in one: mean over counted tokens of log Σ exp(z) - z[target], z = x Wᵀ.</summary>
/// <remarks>
/// <para>x [tokens, width], W [vocabulary, width] or its transpose. Works in chunks of tokens: the logits of a chunk exist once, turn into
/// their own gradient (p - onehot) scale / counted in place, and give dx of the chunk and a share of dW. So [tokens, vocabulary] is never stored and
/// the backward run has nothing to do.</para>
/// <para>The loss is summed in double precision: exponentials in blocks of 1024 by lanes, blocks and tokens in double.</para>
/// <para>Cost: 2·tokens·width·vocabulary FLOPs for the loss, three times that in training. Scratch: a chunk of logits, a double a token.</para>
/// </remarks>
internal sealed unsafe class CrossEntropyOperation(LinearInputs inputs, TokenBuffer targets, int chunkRows, float labelSmoothing, double? logitCap) : Operation("cross-entropy")
{
    private const int LogitsPerChunk = 1 << 24;
    private const int FewestRows = 64;
    private const int MostRows = 4096;

    private readonly int _chunkRows = Math.Min(
        inputs.X.Rows,
        chunkRows > 0 ? chunkRows : Math.Clamp(LogitsPerChunk / inputs.FanOut / FewestRows * FewestRows, FewestRows, MostRows));

    private TapeBuffer _logits = null!;
    private TapeBuffer _losses = null!;
    private TapeBuffer? _capped;
    private GradientSlot? _xGradient;
    private GradientSlot? _weightGradient;

    public Loss Loss { get; } = new();

    public override string Shape => inputs.Shape;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(inputs.X);
        plan.Reads(inputs.Weight);
        _xGradient = plan.Gradient(inputs.X, duringForward: true);
        _weightGradient = plan.Gradient(inputs.Weight, duringForward: true);
        _logits = plan.ScratchInForward("logits", (long)_chunkRows * inputs.FanOut);
        _losses = plan.ScratchInForward("losses", 2L * inputs.X.Rows);
        _capped = logitCap is null || (_xGradient ?? _weightGradient) is null ? null : plan.ScratchInForward("capped logits", (long)_chunkRows * inputs.FanOut);
    }

    protected internal override OperationWork Work(OperationPlan plan, bool backward) => backward
        ? default
        : new((1 + GradientHandOn.Count(_xGradient, _weightGradient)) * inputs.ProductFlops, plan.Bytes(backward));

    protected internal override void Forward(in TapeRun run)
    {
        CrossEntropyRecording.CheckTargets(targets, inputs.FanOut);
        double* losses = (double*)_losses.Pointer;
        Loss.Counted = targets.Length - targets.Span.Count(CrossEntropyRecording.Ignored);
        for (int first = 0; first < targets.Length; first += _chunkRows)
        {
            Chunk(run.Team, first, Math.Min(_chunkRows, targets.Length - first), losses);
        }

        Loss.Add(losses, targets.Length);
    }

    protected internal override void Backward(in TapeRun run)
    {
    }

    private void Chunk(WorkerTeam team, int first, int rows, double* losses)
    {
        bool gradients = _xGradient is not null || _weightGradient is not null;
        var chunkTargets = new Span<int>(targets.Data + first, rows);
        if (!gradients && !chunkTargets.ContainsAnyExcept(CrossEntropyRecording.Ignored))
        {
            new Span<double>(losses + first, rows).Clear();
            return;
        }

        int width = inputs.X.Columns;
        var x = Matrix.Dense(inputs.X.Data + ((nint)first * width), rows, width);
        Matrix weight = inputs.InOut(inputs.Weight.Data);
        var logits = Matrix.Dense(_logits.Pointer, rows, inputs.FanOut);
        MatrixProduct.Multiply(team, x, weight, logits);
        Cap(team, logits.Data, (long)rows * inputs.FanOut);
        CrossEntropyKernel.Run(team, new CrossEntropyKernel
        {
            Logits = logits.Data,
            Targets = targets.Data + first,
            Losses = losses + first,
            Rows = rows,
            Vocabulary = inputs.FanOut,
            Scale = Loss.GradientScale / Math.Max(1, Loss.Counted),
            Smoothing = labelSmoothing,
            Gradients = gradients,
        });
        if (_capped is not null)
        {
            LogitCap.Backward(team, logitCap!.Value, _capped.Pointer, logits.Data, (long)rows * inputs.FanOut);
        }

        if (_xGradient is not null)
        {
            var dx = Matrix.Dense(_xGradient.Data + ((nint)first * width), rows, width);
            MatrixProduct.Multiply(team, logits, weight.Transposed, dx, _xGradient.Accumulates);
        }

        if (_weightGradient is not null)
        {
            WeightGradient(team, x, logits, _weightGradient, _weightGradient.Accumulates || first > 0);
        }
    }

    /// <summary>Caps the logits, and keeps them where gradients follow, which take their place.</summary>
    private void Cap(WorkerTeam team, float* logits, long count)
    {
        if (logitCap is { } cap)
        {
            LogitCap.Apply(team, cap, logits, count);
            if (_capped is not null)
            {
                Elementwise.Map<CopyFormula>(team, logits, _capped.Pointer, count);
            }
        }
    }

    private void WeightGradient(WorkerTeam team, Matrix x, Matrix logits, GradientSlot slot, bool add)
    {
        var stored = Matrix.Dense(slot.Data, inputs.Weight.Rows, inputs.Weight.Columns);
        if (inputs.Orientation == MatrixOrientation.OutIn)
        {
            MatrixProduct.Multiply(team, logits.Transposed, x, stored, add);
        }
        else
        {
            MatrixProduct.Multiply(team, x.Transposed, logits, stored, add);
        }
    }
}

/// <summary>The mean over counted rows of log Σ exp(z) - z[target], z given.</summary>
/// <remarks>The forward run writes the gradient (p - target) scale / counted of z, so the backward run has nothing to do. Scratch: a copy of the logits.</remarks>
internal sealed unsafe class LogitsLossOperation(Tensor logits, TokenBuffer targets, float labelSmoothing) : Operation("cross-entropy")
{
    private TapeBuffer _copy = null!;
    private TapeBuffer _losses = null!;
    private GradientSlot? _gradient;

    public Loss Loss { get; } = new();

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(logits);
        _gradient = plan.Gradient(logits, duringForward: true);
        _copy = plan.ScratchInForward("logits", logits.Length);
        _losses = plan.ScratchInForward("losses", 2L * logits.Rows);
    }

    protected internal override void Forward(in TapeRun run)
    {
        CrossEntropyRecording.CheckTargets(targets, logits.Columns);
        double* losses = (double*)_losses.Pointer;
        Loss.Counted = targets.Length - targets.Span.Count(CrossEntropyRecording.Ignored);
        Elementwise.Map<CopyFormula>(run.Team, logits.Data, _copy.Pointer, logits.Length);
        CrossEntropyKernel.Run(run.Team, new CrossEntropyKernel
        {
            Logits = _copy.Pointer,
            Targets = targets.Data,
            Losses = losses,
            Rows = logits.Rows,
            Vocabulary = logits.Columns,
            Scale = Loss.GradientScale / Math.Max(1, Loss.Counted),
            Smoothing = labelSmoothing,
            Gradients = _gradient is not null,
        });
        Loss.Add(losses, targets.Length);
        if (_gradient is not null)
        {
            Elementwise.Map<CopyFormula>(run.Team, _copy.Pointer, _gradient.Data, logits.Length, add: _gradient.Accumulates);
        }
    }

    protected internal override void Backward(in TapeRun run)
    {
    }
}
