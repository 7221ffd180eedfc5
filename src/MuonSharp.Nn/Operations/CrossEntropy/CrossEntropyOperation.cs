using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

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

    private StepBuffer _logits = null!;
    private StepBuffer _losses = null!;
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
        : new((1 + GradientPass.Count(_xGradient, _weightGradient)) * inputs.ProductFlops, plan.Bytes(backward));

    protected internal override void Forward(in TapeRun run)
    {
        CheckTargets();
        var losses = (double*)_losses.Pointer;
        Loss.Counted = targets.Length - targets.Span.Count(CrossEntropyRecording.Ignored);
        for (var first = 0; first < targets.Length; first += _chunkRows)
        {
            Chunk(run.Team, first, Math.Min(_chunkRows, targets.Length - first), losses);
        }

        Loss.Sum = 0;
        for (var row = 0; row < targets.Length; row++)
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
        var gradients = _xGradient is not null || _weightGradient is not null;
        var chunkTargets = new Span<int>(targets.Data + first, rows);
        if (!gradients && !chunkTargets.ContainsAnyExcept(CrossEntropyRecording.Ignored))
        {
            new Span<double>(losses + first, rows).Clear();
            return;
        }

        var width = inputs.X.Columns;
        var x = Matrix.Dense(inputs.X.Data + ((nint)first * width), rows, width);
        var weight = inputs.InOut(inputs.Weight.Data);
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
        var worst = targets.Span.IndexOfAnyExceptInRange(CrossEntropyRecording.Ignored, inputs.FanOut - 1);
        if (worst >= 0)
        {
            throw new ArgumentOutOfRangeException(
                targets.Name,
                $"[cross-entropy] targets are 0 to {inputs.FanOut - 1}, or -1 to be ignored; target {targets.Span[worst]} at position {worst}");
        }
    }
}
