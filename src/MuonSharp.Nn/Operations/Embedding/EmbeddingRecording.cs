namespace MuonSharp.Nn;

/// <summary>Records embeddings.</summary>
public static class EmbeddingRecording
{
    /// <summary>y[t] = table[token t] + positions[t mod time].</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="tokens">batch·time tokens, 0 to vocabulary - 1.</param>
    /// <param name="table">Token vectors [vocabulary, width].</param>
    /// <param name="positions">Learned position vectors [at least time, width]; null for none.</param>
    /// <param name="time">Tokens of a sequence; needed with positions.</param>
    /// <returns>[batch·time, width].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor Embedding(this Tape tape, TokenBuffer tokens, Tensor table, Tensor? positions = null, int time = 0)
    {
        if (positions is not null)
        {
            Rule.Check(
                time > 0 && tokens.Length % time == 0,
                $"[embedding] the tokens are whole sequences of {nameof(time)}; {tokens.Length} tokens, time {time}");
            Rule.Check(
                positions.Columns == table.Columns && positions.Rows >= time,
                $"[embedding] positions are [at least time, width]; {positions}, time {time}, width {table.Columns}");
        }

        return tape.Record(new EmbeddingOperation(tokens, table, positions, positions is null ? tokens.Length : time)).Output;
    }
}
