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

/// <summary>Token and position vectors: y[t] = table[token t] + positions[t mod time].</summary>
/// <remarks>
/// <para>Backward: dtable[v] = the sum of dy[t] over all t with token v, in ascending t; dpositions[p] = the sum over the batch. Tasks own a
/// range of the vocabulary and of the width and each walks over all tokens, so nothing is added atomically.</para>
/// <para>Cost: one pass over y; backward one pass over dy, spread over the rows that occur. No scratch.</para>
/// </remarks>
internal sealed unsafe class EmbeddingOperation(TokenBuffer tokens, Tensor table, Tensor? positions, int time) : Operation("embedding")
{
    private GradientSlot? _tableGradient;
    private GradientSlot? _positionGradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(table);
        plan.Reads(positions);
        Output = plan.Writes(tokens.Length, table.Columns);
        _tableGradient = plan.Gradient(table);
        _positionGradient = plan.Gradient(positions);
    }

    /// <summary>Only the rows that occur are touched: about one vector a token on either side, and once the table of positions.</summary>
    protected internal override OperationWork Work(OperationPlan plan, bool backward)
    {
        double vectors = backward ? (_tableGradient is null ? 1.0 : 3.0) : 2.0;
        return new(0, sizeof(float) * ((vectors * Output.Length) + (backward ? 2 : 1) * Math.Min(positions?.Length ?? 0, (long)time * table.Columns)));
    }

    protected internal override void Forward(in TapeRun run)
    {
        CheckTokens();
        var job = new GatherJob
        {
            Tokens = tokens.Data,
            Count = tokens.Length,
            Width = table.Columns,
            Time = time,
            Table = table.Data,
            Positions = positions is null ? null : positions.Data,
            Output = Output.Data,
        };
        run.Team.Run(Cut.Pieces(tokens.Length, Cut.RowsPerTask(table.Columns)), ref job);
    }

    protected internal override void Backward(in TapeRun run)
    {
        if (_tableGradient is not null)
        {
            var job = new ScatterJob
            {
                Tokens = tokens.Data,
                Count = tokens.Length,
                Vocabulary = table.Rows,
                Width = table.Columns,
                Source = Output.GradientData,
                Gradient = _tableGradient.Data,
                Add = _tableGradient.Accumulates,
            };
            run.Team.Run(job.Tasks, ref job);
        }

        if (_positionGradient is not null)
        {
            var job = new PositionJob
            {
                Count = tokens.Length,
                Time = time,
                Rows = positions!.Rows,
                Width = table.Columns,
                Source = Output.GradientData,
                Gradient = _positionGradient.Data,
                Add = _positionGradient.Accumulates,
            };
            run.Team.Run(Cut.Pieces(positions.Rows, PositionJob.RowsPerTask), ref job);
        }
    }

    private void CheckTokens()
    {
        int worst = tokens.Span.IndexOfAnyExceptInRange(0, table.Rows - 1);
        if (worst >= 0)
        {
            throw new ArgumentOutOfRangeException(
                tokens.Name, $"[embedding] tokens are 0 to {table.Rows - 1}; token {tokens.Span[worst]} at position {worst}");
        }
    }
}
