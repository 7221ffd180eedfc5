namespace MuonSharp.Nn;

/// <summary>Records attention.</summary>
public static class AttentionRecording
{
    /// <summary>Causal self-attention over one fused projection.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="fused">Sequences, [rows, heads·headWidth + keyValueHeads·(headWidth + valueWidth)]: queries, keys, values.</param>
    /// <param name="shape">Heads, widths, window.</param>
    /// <returns>Outputs and maximum logits.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static AttentionResult Attention(this Tape tape, Tensor fused, AttentionShape shape)
    {
        (int width, int valueWidth) = (shape.HeadWidth, shape.EffectiveValueWidth);
        int keys = shape.Heads * width, values = keys + (shape.EffectiveKeyValueHeads * width);
        Rule.Check(
            fused.Columns == values + (shape.EffectiveKeyValueHeads * valueWidth),
            $"[attention] fused columns are heads headWidth + keyValueHeads (headWidth + valueWidth); {fused}, {shape}");
        return tape.Attention(
            new AttentionOperands
            {
                Query = new(fused, HeadColumns.SideBySide(width)),
                Key = new(fused, HeadColumns.SideBySide(width, keys)),
                Value = new(fused, HeadColumns.SideBySide(valueWidth, values)),
            },
            shape);
    }

    /// <summary>Causal self-attention over separate projections.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="query">Sequences, [rows, heads·headWidth].</param>
    /// <param name="key">[rows, keyValueHeads·headWidth].</param>
    /// <param name="value">[rows, keyValueHeads·valueWidth].</param>
    /// <param name="shape">Heads, widths, window.</param>
    /// <returns>Outputs and maximum logits.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static AttentionResult Attention(this Tape tape, Tensor query, Tensor key, Tensor value, AttentionShape shape)
    {
        Rule.Check(
            query.Columns == shape.Heads * shape.HeadWidth && key.Columns == shape.EffectiveKeyValueHeads * shape.HeadWidth
                && value.Columns == shape.EffectiveKeyValueHeads * shape.EffectiveValueWidth,
            $"[attention] queries are [rows, heads headWidth], keys [rows, keyValueHeads headWidth], values [rows, keyValueHeads valueWidth]; {query}, {key}, {value}, {shape}");
        return tape.Attention(
            new AttentionOperands
            {
                Query = new(query, HeadColumns.SideBySide(shape.HeadWidth)),
                Key = new(key, HeadColumns.SideBySide(shape.HeadWidth)),
                Value = new(value, HeadColumns.SideBySide(shape.EffectiveValueWidth)),
            },
            shape);
    }

    /// <summary>Causal self-attention over ranges of columns: any of fused, separate, alternating and shared keys and values.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="operands">Queries, keys and values; the first queries' rows are sequences.</param>
    /// <param name="shape">Heads, widths, window.</param>
    /// <returns>Outputs and maximum logits.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or two operands with a gradient share columns.</exception>
    public static AttentionResult Attention(this Tape tape, AttentionOperands operands, AttentionShape shape)
    {
        Rule.Check(
            shape.HeadWidth > 0 && shape.EffectiveValueWidth > 0 && shape.EffectiveKeyValueHeads > 0 && shape.Heads % shape.EffectiveKeyValueHeads == 0,
            $"[attention] heads have columns, and key-value heads divide the heads; {shape}");
        Rule.Check(shape.Window is null or > 0, $"[attention] a window holds at least the token itself; {shape}");
        var sequences = Sequences.Of("attention", operands.Query.Tensor);
        operands = operands.Cached(tape, sequences, shape);
        operands.Check(shape);
        AttentionOperation operation = tape.Record(new AttentionOperation(operands, sequences, shape));
        tape.Output(operation.MaximumLogits);
        return new AttentionResult(operation.Output, operation.MaximumLogits);
    }
}

/// <summary>The shape of causal self-attention.</summary>
public sealed record AttentionShape
{
    /// <summary>Query heads, 1 or more.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads, a divisor of <see cref="Heads"/>; each serves heads/keyValueHeads query heads in a row. Default: as many
    /// as query heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Width of a head's queries and keys.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>Width of a head's values and outputs. Default: that of its queries and keys.</summary>
    public int? ValueWidth { get; init; }

    /// <summary>How many tokens back a token sees, itself included; null for all.</summary>
    public int? Window { get; init; }

    /// <summary>Factor of the logits; default 1/√headWidth.</summary>
    public float? Scale { get; init; }

    internal int EffectiveKeyValueHeads => KeyValueHeads ?? Heads;

    internal int EffectiveValueWidth => ValueWidth ?? HeadWidth;

    internal float EffectiveScale => Scale ?? (float)(1 / Math.Sqrt(HeadWidth));
}

/// <summary>What attention returns.</summary>
/// <param name="Output">The heads' outputs side by side, [rows, heads·valueWidth].</param>
/// <param name="MaximumLogits">Each head's largest scaled logit that is not masked, over the whole batch, [1, heads]: what QK-clip
/// needs. Kept: readable after a run.</param>
public sealed record AttentionResult(Tensor Output, Tensor MaximumLogits);
