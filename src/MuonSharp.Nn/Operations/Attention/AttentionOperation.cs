using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Blocked causal attention: o[t] = Σ p[t, s] v[s] over s ≤ t inside the window, p = softmax(scale q kᵀ) by rows.</summary>
/// <remarks>
/// <para>Forward, for a block of queries: key blocks one after the other, with the running maximum m and sum l of each row; what was
/// accumulated is rescaled when m grows (online softmax). Only L = m + log l is saved, so memory is linear in the context.</para>
/// <para>Backward: P = exp(scale q kᵀ - L) again by blocks, D = rowsum(do · o); dv += Pᵀ do, dS = P (do vᵀ - D) scale, dq += dS k, dk += dSᵀ q.</para>
/// <para>Tasks: forward (sequence, head, query block), backward (sequence, key-value head), which owns its dk and dv. Blocks outside the
/// window are skipped. Cost: forward 4, backward 10 FLOPs per pair of tokens in the visited blocks and unit of width.</para>
/// <para>Source: T. Dao, "FlashAttention-2", arXiv:2307.08691.</para>
/// </remarks>
internal sealed unsafe class AttentionOperation : Operation
{
    private readonly AttentionOperand _query;
    private readonly AttentionOperand _key;
    private readonly AttentionOperand _value;
    private readonly Sequences _sequences;
    private readonly AttentionShape _shape;
    private TapeBuffer _logSumExp = null!;
    private TapeBuffer _maxima = null!;
    private TapeBuffer _forwardScratch = null!;
    private TapeBuffer? _backwardScratch;
    private TapeBuffer? _starts;
    private GradientSlot? _queryGradient;
    private GradientSlot? _keyGradient;
    private GradientSlot? _valueGradient;

    public AttentionOperation(AttentionOperand query, AttentionOperand key, AttentionOperand value, Sequences sequences, AttentionShape shape)
        : base("attention") => (_query, _key, _value, _sequences, _shape) = (query, key, value, sequences, shape);

    public Tensor Output { get; private set; } = null!;

    public Tensor MaximumLogits { get; private set; } = null!;

    public override string Shape => $"{Batch}x{_sequences.Time}, {_shape.Heads}x{_shape.HeadWidth}";

    private int Rows => _query.Tensor.Rows;

    private int Batch => _sequences.Batch;

    private int QueryBlocks => Cut.Pieces(_sequences.Time, AttentionGeometry.Block);

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(_query.Tensor, inBackward: true);
        plan.Reads(_key.Tensor, inBackward: true);
        plan.Reads(_value.Tensor, inBackward: true);
        Output = plan.Writes(Rows, _shape.Heads * _shape.HeadWidth, inBackward: true);
        MaximumLogits = plan.Writes(1, _shape.Heads, differentiable: false);
        _logSumExp = plan.Saves("log-sum-exp", (long)Rows * _shape.Heads);
        _maxima = plan.ScratchInForward("maxima", (long)Batch * QueryBlocks * _shape.Heads);
        _forwardScratch = plan.ScratchInForward("block", plan.Workers * AttentionForwardJob.ScratchLength(_shape.HeadWidth));
        _starts = _sequences.Positions is null ? null : plan.Saves("document starts", Rows);
        _queryGradient = plan.Gradient(_query.Tensor);
        _keyGradient = _key.Tensor == _query.Tensor ? _queryGradient : plan.Gradient(_key.Tensor);
        _valueGradient = _value.Tensor == _query.Tensor ? _queryGradient : plan.Gradient(_value.Tensor);
        if (Output.RequiresGradient)
        {
            _backwardScratch = plan.ScratchInBackward("blocks", plan.Workers * AttentionBackwardScratch.Length(_sequences.Time, _shape.HeadWidth));
        }
    }

    /// <summary>Forward q kᵀ and p v; backward q kᵀ again, do vᵀ and the three gradients. Pairs of tokens that the mask hides do not count.</summary>
    protected internal override OperationWork Work(OperationPlan plan, bool backward)
    {
        long window = Math.Min(_shape.Window ?? _sequences.Time, _sequences.Time);
        long pairs = (window * (window + 1) / 2) + ((_sequences.Time - window) * window);
        return new((backward ? 10.0 : 4.0) * pairs * Batch * _shape.Heads * _shape.HeadWidth, plan.Bytes(backward));
    }

    protected internal override void Forward(in TapeRun run)
    {
        if (_starts is not null)
        {
            AttentionGeometry.FindStarts(_sequences, (int*)_starts.Pointer);
        }

        var job = new AttentionForwardJob
        {
            Geometry = Geometry(),
            Query = Data(_query),
            Key = Data(_key),
            Value = Data(_value),
            Output = Output.Data,
            LogSumExp = _logSumExp.Pointer,
            Maxima = _maxima.Pointer,
            Scratch = _forwardScratch.Pointer,
        };
        run.Team.Run(job.Geometry.ForwardTasks, ref job);
        for (int head = 0; head < _shape.Heads; head++)
        {
            float maximum = float.NegativeInfinity;
            for (int i = 0; i < Batch * QueryBlocks; i++)
            {
                maximum = Math.Max(maximum, _maxima.Pointer[(i * _shape.Heads) + head]);
            }

            MaximumLogits.Data[head] = maximum;
        }
    }

    protected internal override void Backward(in TapeRun run)
    {
        var job = new AttentionBackwardJob
        {
            Geometry = Geometry(),
            Query = Data(_query),
            Key = Data(_key),
            Value = Data(_value),
            Output = Output.Data,
            OutputGradient = Output.GradientData,
            LogSumExp = _logSumExp.Pointer,
            QueryGradient = GradientData(_queryGradient, _query),
            KeyGradient = GradientData(_keyGradient, _key),
            ValueGradient = GradientData(_valueGradient, _value),
            AddQuery = _queryGradient is { Accumulates: true },
            AddKey = _keyGradient is { Accumulates: true },
            AddValue = _valueGradient is { Accumulates: true },
            Scratch = _backwardScratch!.Pointer,
            ScratchStride = AttentionBackwardScratch.Length(_sequences.Time, _shape.HeadWidth),
        };
        run.Team.Run(job.Geometry.BackwardTasks, ref job);
    }

    private static Matrix Data(AttentionOperand operand) =>
        new(operand.Tensor.Data + operand.Column, operand.Tensor.Rows, operand.Tensor.Columns - operand.Column, operand.Tensor.Columns);

    private static Matrix GradientData(GradientSlot? slot, AttentionOperand operand) => slot is null
        ? default
        : new(slot.Data + operand.Column, operand.Tensor.Rows, operand.Tensor.Columns - operand.Column, operand.Tensor.Columns);

    private AttentionGeometry Geometry() => new()
    {
        Batch = Batch,
        Time = _sequences.Time,
        Heads = _shape.Heads,
        KeyValueHeads = _shape.EffectiveKeyValueHeads,
        Width = _shape.HeadWidth,
        Window = _shape.Window ?? _sequences.Time,
        Scale = _shape.EffectiveScale,
        Blocks = QueryBlocks,
        Starts = _starts is null ? null : (int*)_starts.Pointer,
    };
}

/// <summary>Queries, keys or values: a range of a tensor's columns.</summary>
/// <param name="Tensor">[batch·time, columns].</param>
/// <param name="Column">First column.</param>
internal readonly record struct AttentionOperand(Tensor Tensor, int Column);
