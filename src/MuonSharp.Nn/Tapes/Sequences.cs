namespace MuonSharp.Nn;

/// <summary>Makes what is written before a run out of sequences.</summary>
public static class SequenceRecording
{
    /// <summary>Adds a matrix of sequences that the user writes before each run through <see cref="Tensor.Value"/>.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="sequences">What its rows are; everything computed from it, row by row, inherits that.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="gradient">Whether the backward run computes its gradient, readable through <see cref="Tensor.Gradient"/>.</param>
    /// <returns>The tensor.</returns>
    public static Tensor Input(this Tape tape, string name, Sequences sequences, int columns, bool gradient = false) =>
        tape.AsSequences(tape.Input(name, sequences.Rows, columns, gradient), sequences);

    /// <summary>Adds sequences of token numbers that the user writes before each run. The tape frees them.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="sequences">How many tokens of how many sequences; everything computed from them inherits that.</param>
    /// <returns>The buffer.</returns>
    public static TokenBuffer Tokens(this Tape tape, string name, Sequences sequences)
    {
        TokenBuffer tokens = tape.Tokens(name, sequences.Rows);
        tokens.Sequences = sequences;
        return tokens;
    }

    /// <summary>Says that a tensor's rows are sequences, where that was lost on the way: in a reshape, for example. Nothing is recorded.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[batch·time, columns].</param>
    /// <param name="sequences">What its rows are.</param>
    /// <returns>x.</returns>
    /// <exception cref="ArgumentException">It has another number of rows, or is other sequences already.</exception>
    public static Tensor AsSequences(this Tape tape, Tensor x, Sequences sequences)
    {
        ArgumentNullException.ThrowIfNull(tape);
        Rule.Check(x.Rows == sequences.Rows, $"[sequences] every row is a token of a sequence; {x}, sequences {sequences}");
        Rule.Check(x.Sequences is null || x.Sequences == sequences, $"[sequences] rows are sequences once; {x} is {x.Sequences}, not {sequences}");
        x.Sequences = sequences;
        return x;
    }

    /// <summary>Sequences whose positions are written before each run, so that several documents can lie in one.</summary>
    /// <param name="tape">The tape; it frees the positions.</param>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="time">Tokens of each.</param>
    /// <param name="context">Positions are below that; null for the time. More is needed where a sequence may begin inside of a document.</param>
    /// <returns>The sequences; their <see cref="Sequences.Positions"/> are at first 0 to time - 1 in each, one document.</returns>
    /// <exception cref="ArgumentException">A size is not positive, or the context less than the time.</exception>
    public static Sequences Packed(this Tape tape, int batch, int time, int? context = null)
    {
        var plain = new Sequences(batch, time) { Context = context ?? time };
        TokenBuffer positions = tape.Tokens("positions", plain.Rows);
        for (int row = 0; row < plain.Rows && !tape.PlansOnly; row++)
        {
            positions.Span[row] = row % time;
        }

        return plain with { Positions = positions };
    }

    /// <summary>Sequences that a tape continues token by token: what earlier runs have computed of them lies in a cache.</summary>
    /// <remarks>Before each run <see cref="CachedTokens.Place"/> says how many tokens each sequence has and gets. Logits and all else of a token have the bits that they have
    /// when all tokens are computed at once.</remarks>
    /// <param name="tape">A tape for inference.</param>
    /// <param name="cache">What the sequences keep; not owned.</param>
    /// <param name="batch">Sequences of a run: a range of the cache's.</param>
    /// <param name="time">Most tokens that a run adds to each.</param>
    /// <returns>The sequences of the added tokens.</returns>
    /// <exception cref="ArgumentException">The tape is for training, or the cache has fewer sequences or less room.</exception>
    public static Sequences Cached(this Tape tape, SequenceCache cache, int batch, int time)
    {
        Rule.Check(!tape.Training, $"[cache] sequences are continued on tapes for inference; this one is for training");
        Rule.Check(
            batch <= cache.Sequences && time <= cache.Capacity, $"[cache] a run continues sequences of the cache, {cache.Sequences} of up to {cache.Capacity} tokens; {batch} x {time}");
        var tokens = new CachedTokens(tape, cache, batch, time);
        return new Sequences(batch, time) { Context = cache.Capacity, Positions = tokens.Positions, Cached = tokens };
    }
}

/// <summary>How a tensor's rows are sequences of tokens: row b·Time + t is token t of sequence b.</summary>
/// <remarks>
/// <para>Token buffers and inputs are made with it, and an operation hands it on to every output with as many rows. Attention, rotary and learned
/// positions and dropout take it from there.</para>
/// <para>Packed sequences (<see cref="SequenceRecording.Packed"/>): with <see cref="Positions"/> a sequence may hold several documents in a row. A document ends where the next position
/// is not one higher, and attention sees nothing before the start of a token's own document.</para>
/// </remarks>
public sealed record Sequences
{
    /// <summary>Describes sequences of equal length.</summary>
    /// <param name="batch">Number of sequences, 1 or more.</param>
    /// <param name="time">Tokens of each, 1 or more.</param>
    /// <exception cref="ArgumentException">A size is not positive.</exception>
    public Sequences(int batch, int time)
    {
        Rule.Check(batch > 0 && time > 0, $"[sequences] there is at least one sequence with one token; batch {batch}, time {time}");
        (Batch, Time, Context) = (batch, time, time);
        Rows = checked(batch * time);
    }

    /// <summary>Number of sequences.</summary>
    public int Batch { get; }

    /// <summary>Tokens of each.</summary>
    public int Time { get; }

    /// <summary>Rows of a tensor: <see cref="Batch"/>·<see cref="Time"/>.</summary>
    public int Rows { get; }

    /// <summary>Each row's position, for the user to write before a run, 0 to <see cref="Context"/> - 1; null for 0 to Time - 1 in each sequence.</summary>
    /// <exception cref="ArgumentException">It has another length than there are rows.</exception>
    public TokenBuffer? Positions
    {
        get;
        init
        {
            Rule.Check(value is null || value.Length == Rows, $"[sequences] every row has a position; {value?.Length} positions, {Rows} rows");
            field = value;
        }
    }

    /// <summary>A bound of the positions, which rotary tables are made for; default <see cref="Time"/>. Only written positions may be higher than that.</summary>
    /// <exception cref="ArgumentException">It is less than the time.</exception>
    public int Context
    {
        get;
        init
        {
            Rule.Check(value >= Time, $"[sequences] the context is at least the time; context {value}, time {Time}");
            field = value;
        }
    }

    /// <summary>Where these tokens stand in cached sequences that they continue; null where all tokens are there.</summary>
    public CachedTokens? Cached { get; internal init; }

    /// <summary>Says how many rows of each sequence are tokens, where that is known at run time only (<see cref="CachedTokens.All"/>); null: all are.</summary>
    public CachedTokens? Live { get; internal init; }

    /// <inheritdoc/>
    public override string ToString() => Cached is not null ? $"{Batch} x {Time}, cached" : Positions is null ? $"{Batch} x {Time}" : $"{Batch} x {Time}, packed";

    /// <summary>Those of a tensor that an operation needs.</summary>
    internal static Sequences Of(string operation, Tensor x) => x.Sequences
        ?? throw new ArgumentException($"[{operation}] the rows are sequences: make the tokens or the input with Sequences, or call AsSequences; {x} has none");

    /// <summary>Checks the written positions, which index tables.</summary>
    internal void CheckPositions(string operation, int limit)
    {
        if (Positions is { } positions && positions.Span.IndexOfAnyExceptInRange(0, limit - 1) is >= 0 and int worst)
        {
            throw new ArgumentOutOfRangeException(
                positions.Name, $"[{operation}] positions are 0 to {limit - 1}; {positions.Span[worst]} in row {worst}");
        }
    }
}

/// <summary>The position of a row, in jobs.</summary>
internal unsafe readonly struct RowPositions(Sequences sequences)
{
    private readonly int* _written = sequences.Positions is null ? null : sequences.Positions.Data;
    private readonly int _time = sequences.Time;

    /// <summary>The position of a row.</summary>
    public int Of(int row) => _written is null ? row % _time : _written[row];
}
