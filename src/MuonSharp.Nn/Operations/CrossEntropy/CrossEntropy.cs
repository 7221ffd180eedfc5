using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Records the head of a language model with its loss.</summary>
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
    /// <returns>Where the loss appears after a forward run.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static CrossEntropyLoss CrossEntropy(
        this Tape tape,
        Tensor x,
        Tensor weight,
        TokenBuffer targets,
        MatrixOrientation orientation = MatrixOrientation.OutIn,
        int chunkRows = 0)
    {
        int fanIn = orientation == MatrixOrientation.OutIn ? weight.Columns : weight.Rows;
        Rule.Check(x.Columns == fanIn, $"[cross-entropy] inner sizes differ: x is {x}, the head {weight} stored {orientation}");
        Rule.Check(targets.Length == x.Rows, $"[cross-entropy] a target for each row; {targets.Length} targets, x {x}");
        Rule.Check(chunkRows >= 0, $"[cross-entropy] a chunk has rows; {chunkRows}");
        return tape.Record(new CrossEntropyOperation(new LinearInputs(x, weight, null, null, orientation), targets, chunkRows)).Loss;
    }
}

/// <summary>The result of a loss on a tape, and the factor of its gradient.</summary>
public sealed class CrossEntropyLoss
{
    internal CrossEntropyLoss()
    {
    }

    /// <summary>Mean loss over the counted tokens of the last forward run, in nats; 0 when none counts.</summary>
    public double Mean { get; internal set; }

    /// <summary>Sum of the loss over the counted tokens of the last forward run, in nats.</summary>
    public double Sum { get; internal set; }

    /// <summary>Targets of the last forward run that were not ignored.</summary>
    public int Counted { get; internal set; }

    /// <summary>Factor of the gradients, set before the forward run (which computes them): 1/k for each of k micro-batches. Default 1.</summary>
    public float GradientScale { get; set; } = 1;
}

/// <summary>The head of a language model and its loss in one: mean over counted tokens of log Σ exp(z) - z[target], z = x Wᵀ.</summary>
/// <remarks>
/// <para>x [tokens, width], W [vocabulary, width] or its transpose. Works in chunks of tokens: the logits of a chunk exist once, turn into
/// their own gradient (p - onehot) scale / counted in place, and give dx of the chunk and a share of dW. So [tokens, vocabulary] is never stored and
/// the backward run has nothing to do.</para>
/// <para>The loss is summed in double precision: exponentials in blocks of 1024 by lanes, blocks and tokens in double.</para>
/// <para>Cost: 2·tokens·width·vocabulary FLOPs for the loss, three times that in training. Scratch: a chunk of logits, a double a token.</para>
/// </remarks>
internal sealed unsafe class CrossEntropyOperation(LinearInputs inputs, TokenBuffer targets, int chunkRows) : Operation("cross-entropy")
{
    private const int LogitsPerChunk = 1 << 24;
    private const int FewestRows = 64;
    private const int MostRows = 4096;

    private readonly int _chunkRows = Math.Min(
        inputs.X.Rows,
        chunkRows > 0 ? chunkRows : Math.Clamp(LogitsPerChunk / inputs.FanOut / FewestRows * FewestRows, FewestRows, MostRows));

    private TapeBuffer _logits = null!;
    private TapeBuffer _losses = null!;
    private GradientSlot? _xGradient;
    private GradientSlot? _weightGradient;

    public CrossEntropyLoss Loss { get; } = new();

    public override string Shape => inputs.Shape;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(inputs.X);
        plan.Reads(inputs.Weight);
        _xGradient = plan.Gradient(inputs.X, duringForward: true);
        _weightGradient = plan.Gradient(inputs.Weight, duringForward: true);
        _logits = plan.ScratchInForward("logits", (long)_chunkRows * inputs.FanOut);
        _losses = plan.ScratchInForward("losses", 2L * inputs.X.Rows);
    }

    protected internal override OperationWork Work(OperationPlan plan, bool backward) => backward
        ? default
        : new((1 + GradientHandOn.Count(_xGradient, _weightGradient)) * inputs.ProductFlops, plan.Bytes(backward));

    protected internal override void Forward(in TapeRun run)
    {
        CheckTargets();
        double* losses = (double*)_losses.Pointer;
        Loss.Counted = targets.Length - targets.Span.Count(CrossEntropyRecording.Ignored);
        for (int first = 0; first < targets.Length; first += _chunkRows)
        {
            Chunk(run.Team, first, Math.Min(_chunkRows, targets.Length - first), losses);
        }

        Loss.Sum = 0;
        for (int row = 0; row < targets.Length; row++)
        {
            Loss.Sum += losses[row];
        }

        Loss.Mean = Loss.Counted == 0 ? 0 : Loss.Sum / Loss.Counted;
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
        var job = new CrossEntropyJob
        {
            Logits = logits.Data,
            Targets = targets.Data + first,
            Losses = losses + first,
            Rows = rows,
            Vocabulary = inputs.FanOut,
            Scale = Loss.GradientScale / Math.Max(1, Loss.Counted),
            Gradients = gradients,
        };
        team.Run(Cut.Pieces(rows, Cut.RowsPerTask(inputs.FanOut)), ref job);
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

    private void CheckTargets()
    {
        int worst = targets.Span.IndexOfAnyExceptInRange(CrossEntropyRecording.Ignored, inputs.FanOut - 1);
        if (worst >= 0)
        {
            throw new ArgumentOutOfRangeException(
                targets.Name,
                $"[cross-entropy] targets are 0 to {inputs.FanOut - 1}, or -1 to be ignored; target {targets.Span[worst]} at position {worst}");
        }
    }
}
