using System.Runtime.InteropServices;
using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Blocked causal attention: o[t] = Σ p[t, s] v[s] over s ≤ t inside the window, p = softmax(scale q kᵀ) by rows.</summary>
/// <remarks>
/// <para>Forward, for a block of queries: key blocks one after the other, with the running maximum m and sum l of each row; what was
/// accumulated is rescaled when m grows (online softmax). Only L = m + log l is saved, so memory is linear in the context.</para>
/// <para>Backward: P = exp(scale q kᵀ - L) again by blocks, D = rowsum(do · o); dv += Pᵀ do, dS = P (do vᵀ - D) scale, dq += dS k, dk += dSᵀ q.</para>
/// <para>Tasks: forward (sequence, head, query block), backward (sequence, key-value head), which owns its dk and dv. Blocks outside the
/// window are skipped. A range that all
/// heads share has its gradient by head first, which is then added up in ascending heads.</para>
/// <para>Cost: per pair of tokens in the visited blocks and head, forward 2 FLOPs a column of a key and of a value, backward 6 and 4.</para>
/// <para>Source: T. Dao, "FlashAttention-2", arXiv:2307.08691.</para>
/// </remarks>
internal sealed unsafe class AttentionOperation : Operation
{
    private readonly AttentionOperand _query;
    private readonly AttentionOperand _key;
    private readonly AttentionOperand _value;
    private readonly Sequences _sequences;
    private readonly AttentionShape _shape;
    private readonly Dictionary<Tensor, AttentionSlot> _slots = [];
    private TapeBuffer _logSumExp = null!;
    private TapeBuffer _maxima = null!;
    private TapeBuffer _forwardScratch = null!;
    private TapeBuffer? _backwardScratch;
    private TapeBuffer? _starts;

    public AttentionOperation(AttentionOperands operands, Sequences sequences, AttentionShape shape)
        : base("attention")
    {
        (_sequences, _shape) = (sequences, shape);
        _query = new AttentionOperand(operands.Query, operands.SecondQuery, shape.Heads);
        _key = new AttentionOperand(operands.Key, operands.SecondKey, shape.EffectiveKeyValueHeads);
        _value = new AttentionOperand(operands.Value, null, shape.EffectiveKeyValueHeads);
    }

    public Tensor Output { get; private set; } = null!;

    public Tensor MaximumLogits { get; private set; } = null!;

    public override string Shape => $"{_sequences.Batch}x{_sequences.Time}, {_shape.Heads}x{_shape.HeadWidth}{(_shape.ValueWidth is { } width && width != _shape.HeadWidth ? $"/{width}" : "")}";

    private int QueryBlocks => TaskSize.Pieces(_sequences.Time, AttentionGeometry.Block);

    protected internal override void Declare(OperationPlan plan)
    {
        _query.DeclareReads(plan);
        _key.DeclareReads(plan);
        _value.DeclareReads(plan);
        Output = plan.Writes(_sequences.Rows, _shape.Heads * _shape.EffectiveValueWidth, inBackward: true);
        MaximumLogits = plan.Writes(1, _shape.Heads, differentiable: false);
        _logSumExp = plan.ForBackward("log-sum-exp", (long)_sequences.Rows * _shape.Heads);
        _maxima = plan.ScratchInForward("maxima", (long)_sequences.Batch * QueryBlocks * _shape.Heads);
        _forwardScratch = plan.ScratchInForward("block", plan.Workers * AttentionForward.ScratchLength(_shape.HeadWidth, _shape.EffectiveValueWidth));
        _starts = _sequences.Positions is null || _sequences.Cached is not null ? null : plan.ForBackward("document starts", _sequences.Rows);
        _query.DeclareGradients(plan, _slots);
        _key.DeclareGradients(plan, _slots);
        _value.DeclareGradients(plan, _slots);
        if (Output.RequiresGradient)
        {
            _backwardScratch = plan.ScratchInBackward("blocks", plan.Workers * BackwardScratchLength);
        }
    }

    /// <summary>Forward q kᵀ and p v; backward q kᵀ again, do vᵀ and the three gradients. Pairs of tokens that the mask hides do not count, but for
    /// those of other documents.</summary>
    protected internal override OperationWork Work(OperationPlan plan, bool backward)
    {
        long window = Math.Min(_shape.Window ?? _sequences.Time, _sequences.Time);
        long pairs = (window * (window + 1) / 2) + ((_sequences.Time - window) * window);
        double flops = backward ? (6.0 * _shape.HeadWidth) + (4.0 * _shape.EffectiveValueWidth) : 2.0 * (_shape.HeadWidth + _shape.EffectiveValueWidth);
        return new(flops * pairs * _sequences.Batch * _shape.Heads, plan.Bytes(backward));
    }

    protected internal override void Forward(in TapeRun run)
    {
        if (_starts is not null)
        {
            AttentionGeometry.FindStarts(_sequences, (int*)_starts.Pointer);
        }

        if (_sequences.Cached is not null)
        {
            // Rows of a run that are nobody's tokens get no output; later operations shall not meet what was there before.
            NativeMemory.Clear(Output.Data, checked((nuint)Output.Length * sizeof(float)));
        }

        var kernel = new AttentionForward
        {
            Geometry = Geometry(),
            Query = _query.Values,
            Key = _key.Values,
            Value = _value.Values,
            Output = HeadMemory.SideBySide(Output.Data, _shape.Heads, _shape.EffectiveValueWidth),
            LogSumExp = _logSumExp.Pointer,
            Maxima = _maxima.Pointer,
            Scratch = _forwardScratch.Pointer,
        };
        run.Team.RunLanes(kernel.Geometry.ForwardTasks, kernel);
        for (int head = 0; head < _shape.Heads; head++)
        {
            float maximum = float.NegativeInfinity;
            for (int i = 0; i < _sequences.Batch * QueryBlocks; i++)
            {
                maximum = Math.Max(maximum, _maxima.Pointer[(i * _shape.Heads) + head]);
            }

            MaximumLogits.Data[head] = maximum;
        }
    }

    protected internal override void Backward(in TapeRun run)
    {
        foreach (AttentionSlot slot in _slots.Values)
        {
            slot.ClearRest();
        }

        var kernel = new AttentionBackward
        {
            Geometry = Geometry(),
            Query = _query.Values,
            Key = _key.Values,
            Value = _value.Values,
            Output = HeadMemory.SideBySide(Output.Data, _shape.Heads, _shape.EffectiveValueWidth),
            OutputGradient = HeadMemory.SideBySide(Output.GradientData, _shape.Heads, _shape.EffectiveValueWidth),
            LogSumExp = _logSumExp.Pointer,
            QueryGradient = _query.Gradients,
            KeyGradient = _key.Gradients,
            ValueGradient = _value.Gradients,
            Scratch = _backwardScratch!.Pointer,
            ScratchStride = BackwardScratchLength,
        };
        run.Team.RunLanes(kernel.Geometry.BackwardTasks, kernel);
        _key.AddShared(run.Team);
        _value.AddShared(run.Team);
    }

    private long BackwardScratchLength => AttentionBackwardScratch.Length(_sequences.Time, _shape.HeadWidth, _shape.EffectiveValueWidth);

    private AttentionGeometry Geometry() => new()
    {
        Batch = _sequences.Batch,
        Time = _sequences.Time,
        KeyTime = _sequences.Cached?.Cache.Capacity ?? _sequences.Time,
        Queries = _sequences.Time,
        CachedTokens = _sequences.Cached is { } past ? past.Starts : null,
        CachedQueries = _sequences.Cached is { } added ? added.Counts : null,
        Heads = _shape.Heads,
        KeyValueHeads = _shape.EffectiveKeyValueHeads,
        KeyWidth = _shape.HeadWidth,
        ValueWidth = _shape.EffectiveValueWidth,
        Window = _shape.Window ?? _sequences.Context,
        Scale = _shape.EffectiveScale,
        Blocks = QueryBlocks,
        Starts = _starts is null ? null : (int*)_starts.Pointer,
    };
}
