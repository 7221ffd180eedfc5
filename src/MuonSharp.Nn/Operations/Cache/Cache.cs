namespace MuonSharp.Nn;

/// <summary>Records what is kept of a sequence's tokens for those that follow.</summary>
public static class CacheRecording
{
    /// <summary>All rows so far of the sequences that these rows continue: on a tape for cached sequences they are put aside in the <see cref="SequenceCache"/>; on any other
    /// tape all rows are there, and nothing is recorded.</summary>
    /// <remarks>
    /// <para>A layer that looks at other tokens calls this, and can then be decoded token by token. Attention does it by itself with keys and values. A layer whose keys and values are made
    /// of something narrower puts that aside, and makes them again in every step: <c>tape.Attention</c> takes operands that are all rows so far. So latent attention keeps the normalized
    /// latent, <c>keyValueUp.Record(tape, tape.Cached(latent))</c>, and the one turned key, which attention itself puts aside.</para>
    /// <para>The result is [sequences · capacity, columns]. Only the first rows of each sequence are tokens (<see cref="CachedTokens.Rows"/>); <see cref="LinearRecording.Linear"/> computes
    /// these alone, other operations all of them, zeros or old tokens behind the last.</para>
    /// </remarks>
    /// <param name="tape">The tape; not one for training if it is for cached sequences.</param>
    /// <param name="x">[rows, columns], the rows sequences.</param>
    /// <returns>x, or [sequences · capacity, columns].</returns>
    /// <exception cref="ArgumentException">The rows are not those that the tape adds to cached sequences.</exception>
    public static Tensor Cached(this Tape tape, Tensor x) => x.Sequences?.Cached is null ? x : tape.Cached(TensorColumns.Part(x, 0, x.Columns));

    /// <summary>All rows so far of a range of columns, of a tensor that continues cached sequences.</summary>
    internal static Tensor Cached(this Tape tape, TensorColumns x)
    {
        CachedTokens tokens = x.Tensor.Sequences?.Cached ?? throw new ArgumentException($"[cache] the rows continue cached sequences; {x.Tensor}");
        return tape.Record(new CacheOperation(x, tokens)).State;
    }
}

/// <summary>state[start + t] = x[t] for the tokens that a run adds to each sequence.</summary>
/// <remarks>Cost: the new rows are read and written. The state is memory of the cache.</remarks>
internal sealed unsafe class CacheOperation(TensorColumns x, CachedTokens tokens) : Operation("cache")
{
    public Tensor State { get; } = tokens.NewState(x.Columns.Width);

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x.Tensor);
        plan.Reads(State);
    }

    protected internal override OperationWork Work(OperationPlan plan, bool backward) => new(0, 2.0 * sizeof(float) * x.Tensor.Rows * State.Columns);

    protected internal override void Forward(in TapeRun run)
    {
        for (int sequence = 0; sequence < tokens.Batch; sequence++)
        {
            for (int i = 0; i < tokens.Counts[sequence]; i++)
            {
                float* from = x.Tensor.Data + (((nint)sequence * tokens.Time) + i) * x.Tensor.Columns + x.Columns.First;
                float* to = State.Data + (((nint)sequence * tokens.Cache.Capacity) + tokens.Starts[sequence] + i) * State.Columns;
                new ReadOnlySpan<float>(from, State.Columns).CopyTo(new Span<float>(to, State.Columns));
            }
        }
    }

    protected internal override void Backward(in TapeRun run) => throw new InvalidOperationException("[cache] sequences are continued on tapes for inference");
}
