namespace MuonSharp.Nn;

/// <summary>Records attention.</summary>
public static class AttentionRecording
{
    /// <summary>Causal self-attention over one fused projection.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="fused">[batch·time, (heads + 2·keyValueHeads)·headWidth]: queries, keys, values.</param>
    /// <param name="shape">Heads, width, time, window.</param>
    /// <returns>Outputs and maximum logits.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static AttentionResult Attention(this Tape tape, Tensor fused, AttentionShape shape)
    {
        var queries = shape.Heads * shape.HeadWidth;
        var keys = shape.EffectiveKeyValueHeads * shape.HeadWidth;
        Rule.Check(
            fused.Columns == queries + (2 * keys), $"[attention] fused columns are (heads + 2 keyValueHeads) headWidth; {fused}, {shape}");
        return Record(tape, new(fused, 0), new(fused, queries), new(fused, queries + keys), shape);
    }

    /// <summary>Causal self-attention over separate projections.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="query">[batch·time, heads·headWidth].</param>
    /// <param name="key">[batch·time, keyValueHeads·headWidth].</param>
    /// <param name="value">[batch·time, keyValueHeads·headWidth].</param>
    /// <param name="shape">Heads, width, time, window.</param>
    /// <returns>Outputs and maximum logits.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static AttentionResult Attention(this Tape tape, Tensor query, Tensor key, Tensor value, AttentionShape shape)
    {
        var keys = shape.EffectiveKeyValueHeads * shape.HeadWidth;
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
        Rule.Check(
            shape.Time > 0 && query.Tensor.Rows % shape.Time == 0,
            $"[attention] the rows are whole sequences of time tokens; {query.Tensor}, {shape}");
        Rule.Check(shape.Window is null or > 0, $"[attention] a window holds at least the token itself; {shape}");
        var operation = tape.Record(new AttentionOperation(query, key, value, shape));
        tape.Keep(operation.MaximumLogits);
        return new AttentionResult(operation.Output, operation.MaximumLogits);
    }
}
