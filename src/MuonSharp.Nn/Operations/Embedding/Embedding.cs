using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Records embeddings.</summary>
public static class EmbeddingRecording
{
    /// <summary>y[t] = table[token t] + positions[position of t].</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="tokens">Tokens, 0 to vocabulary - 1; with positions, those of sequences.</param>
    /// <param name="table">Token vectors [vocabulary, width].</param>
    /// <param name="positions">Learned position vectors [at least the sequences' time, width]; null for none.</param>
    /// <returns>[tokens, width].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor Embedding(this Tape tape, TokenBuffer tokens, Tensor table, Tensor? positions = null)
    {
        if (positions is not null)
        {
            Rule.Check(tokens.Sequences is not null, $"[embedding] with positions, the tokens are sequences: make them with Sequences; '{tokens.Name}' has none");
            Rule.Check(
                positions.Columns == table.Columns && positions.Rows >= tokens.Sequences!.Time,
                $"[embedding] positions are [at least time, width]; {positions}, sequences {tokens.Sequences}, width {table.Columns}");
        }

        return tape.Record(new EmbeddingOperation(tokens, table, positions)).Output;
    }
}

/// <summary>Token and position vectors: y[t] = table[token t] + positions[position of t].</summary>
/// <remarks>
/// <para>Backward: dtable[v] = the sum of dy[t] over all t with token v, in ascending t; dpositions[p] likewise. Tasks own a
/// range of the vocabulary and of the width and each walks over all tokens, so nothing is added atomically.</para>
/// <para>Cost: one pass over y; backward one pass over dy, spread over the rows that occur. No scratch.</para>
/// </remarks>
internal sealed unsafe class EmbeddingOperation(TokenBuffer tokens, Tensor table, Tensor? positions) : Operation("embedding")
{
    private GradientSlot? _tableGradient;
    private GradientSlot? _positionGradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(table);
        plan.Reads(positions);
        Output = plan.Writes(tokens.Length, table.Columns);
        Output.Sequences = tokens.Sequences;
        _tableGradient = plan.Gradient(table);
        _positionGradient = plan.Gradient(positions);
    }

    /// <summary>Only the rows that occur are touched: about one vector a token on either side, and once the table of positions.</summary>
    protected internal override OperationWork Work(OperationPlan plan, bool backward)
    {
        double vectors = backward ? (_tableGradient is null ? 1.0 : 3.0) : 2.0;
        return new(0, sizeof(float) * ((vectors * Output.Length) + (backward ? 2 : 1) * Math.Min(positions?.Length ?? 0, (long)(tokens.Sequences?.Context ?? 0) * table.Columns)));
    }

    protected internal override void Forward(in TapeRun run)
    {
        CheckTokens();
        if (positions is not null)
        {
            tokens.Sequences!.CheckPositions(Name, positions.Rows);
        }

        var kernel = new GatherKernel
        {
            Tokens = tokens.Data,
            Count = tokens.Length,
            Width = table.Columns,
            Table = table.Data,
            Positions = positions is null ? null : positions.Data,
            Places = positions is null ? default : new RowPositions(tokens.Sequences!),
            Output = Output.Data,
        };
        run.Team.RunLanes(TaskSize.Pieces(tokens.Length, TaskSize.RowsPerTask(table.Columns)), kernel);
    }

    protected internal override void Backward(in TapeRun run)
    {
        Scatter(run, tokens, table, _tableGradient);
        if (tokens.Sequences is { Positions: { } written })
        {
            Scatter(run, written, positions, _positionGradient);
        }
        else if (_positionGradient is not null)
        {
            var kernel = new PositionKernel
            {
                Count = tokens.Length,
                Time = tokens.Sequences!.Time,
                Rows = positions!.Rows,
                Width = table.Columns,
                Source = Output.GradientData,
                Gradient = _positionGradient.Data,
                Add = _positionGradient.Accumulates,
            };
            run.Team.RunLanes(TaskSize.Pieces(positions.Rows, PositionKernel.RowsPerTask), kernel);
        }
    }

    private void Scatter(in TapeRun run, TokenBuffer numbers, Tensor? rows, GradientSlot? slot)
    {
        if (slot is not null)
        {
            var kernel = new ScatterKernel
            {
                Tokens = numbers.Data,
                Count = numbers.Length,
                Vocabulary = rows!.Rows,
                Width = rows.Columns,
                Source = Output.GradientData,
                Gradient = slot.Data,
                Add = slot.Accumulates,
            };
            run.Team.RunLanes(kernel.Tasks, kernel);
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
