namespace MuonSharp.Nn;

/// <summary>Records attention.</summary>
public static class AttentionRecording
{
    /// <summary>Causal self-attention over one fused projection.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="fused">Sequences, [rows, (heads + 2·keyValueHeads)·headWidth]: queries, keys, values.</param>
    /// <param name="shape">Heads, width, window.</param>
    /// <returns>Outputs and maximum logits.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static AttentionResult Attention(this Tape tape, Tensor fused, AttentionShape shape)
    {
        int queries = shape.Heads * shape.HeadWidth;
        int keys = shape.EffectiveKeyValueHeads * shape.HeadWidth;
        Rule.Check(
            fused.Columns == queries + (2 * keys), $"[attention] fused columns are (heads + 2 keyValueHeads) headWidth; {fused}, {shape}");
        return Record(tape, new(fused, 0), new(fused, queries), new(fused, queries + keys), shape);
    }

    /// <summary>Causal self-attention over separate projections.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="query">Sequences, [rows, heads·headWidth].</param>
    /// <param name="key">[rows, keyValueHeads·headWidth].</param>
    /// <param name="value">[rows, keyValueHeads·headWidth].</param>
    /// <param name="shape">Heads, width, window.</param>
    /// <returns>Outputs and maximum logits.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static AttentionResult Attention(this Tape tape, Tensor query, Tensor key, Tensor value, AttentionShape shape)
    {
        int keys = shape.EffectiveKeyValueHeads * shape.HeadWidth;
        Rule.Check(
            query.Columns == shape.Heads * shape.HeadWidth && key.Columns == keys && value.Columns == keys
                && query.Rows == key.Rows && key.Rows == value.Rows && query != key && key != value && query != value,
            $"[attention] queries are [tokens, heads headWidth], keys and values [tokens, keyValueHeads headWidth]; {query}, {key}, {value}, {shape}");
        return Record(tape, new(query, 0), new(key, 0), new(value, 0), shape);
    }

    private static AttentionResult Record(
        Tape tape, AttentionOperand query, AttentionOperand key, AttentionOperand value, AttentionShape shape)
    {
        Rule.Check(
            shape.HeadWidth > 0 && shape.EffectiveKeyValueHeads > 0 && shape.Heads % shape.EffectiveKeyValueHeads == 0,
            $"[attention] key-value heads divide the heads; {shape}");
        var sequences = Sequences.Of("attention", query.Tensor);
        Rule.Check(shape.Window is null or > 0, $"[attention] a window holds at least the token itself; {shape}");
        AttentionOperation operation = tape.Record(new AttentionOperation(query, key, value, sequences, shape));
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

    /// <summary>Width of a head.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>How many tokens back a token sees, itself included; null for all.</summary>
    public int? Window { get; init; }

    /// <summary>Factor of the logits; default 1/√headWidth.</summary>
    public float? Scale { get; init; }

    internal int EffectiveKeyValueHeads => KeyValueHeads ?? Heads;

    internal float EffectiveScale => Scale ?? (float)(1 / Math.Sqrt(HeadWidth));
}

/// <summary>What attention returns.</summary>
/// <param name="Output">The heads' outputs side by side, [batch·time, heads·headWidth].</param>
/// <param name="MaximumLogits">Each head's largest scaled logit that is not masked, over the whole batch, [1, heads]: what QK-clip
/// needs. Kept: readable after a run.</param>
public sealed record AttentionResult(Tensor Output, Tensor MaximumLogits);
