using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>What growing sequences keep of their tokens for those that follow: keys and values of each attention layer, or what these are made of.</summary>
/// <remarks>
/// <para>Tapes that are recorded for it (<see cref="SequenceRecording.Cached(Tape, SequenceCache, int, int)"/>) put rows aside and read them again. Tapes of different shapes, one for
/// a prompt and one for a token, work on the same cache: the n-th thing that is put aside lies in the same memory for all of them.</para>
/// <para>Memory: [sequences · capacity, columns] floats for each thing. It is given out as the first tape is recorded.</para>
/// </remarks>
public sealed unsafe class SequenceCache : IDisposable
{
    private readonly List<(NativeBuffer Memory, int Columns)> _slots = [];

    /// <summary>An empty cache.</summary>
    /// <param name="sequences">Number of sequences, 1 or more.</param>
    /// <param name="capacity">Most tokens of each, 1 or more.</param>
    /// <exception cref="ArgumentException">A number is not positive.</exception>
    public SequenceCache(int sequences, int capacity)
    {
        Rule.Check(sequences > 0 && capacity > 0, $"[cache] there is at least one sequence with room for one token; {sequences} sequences, capacity {capacity}");
        (Sequences, Capacity) = (sequences, capacity);
    }

    /// <summary>Number of sequences.</summary>
    public int Sequences { get; }

    /// <summary>Most tokens of each.</summary>
    public int Capacity { get; }

    /// <summary>Bytes of all that is put aside.</summary>
    public long Bytes => _slots.Sum(slot => slot.Memory.Length * sizeof(float));

    /// <summary>Frees the memory; tapes that were recorded for it cannot run any more.</summary>
    public void Dispose() => _slots.ForEach(slot => slot.Memory.Dispose());

    /// <summary>The memory of the n-th thing, made when it is first asked for.</summary>
    internal float* Slot(int number, int columns)
    {
        if (number == _slots.Count)
        {
            _slots.Add((new NativeBuffer((long)Sequences * Capacity * columns), columns));
        }

        Rule.Check(
            _slots[number].Columns == columns, $"[cache] tapes of one cache put the same things aside, in the same order; number {number} has {_slots[number].Columns} columns, not {columns}");
        return _slots[number].Memory.Pointer;
    }
}

/// <summary>Which tokens of cached sequences a run computes: for the user to say before each run, with <see cref="Place"/>.</summary>
public sealed unsafe class CachedTokens
{
    private readonly TokenBuffer _starts;
    private readonly TokenBuffer _counts;
    private readonly TokenBuffer _positions;
    private readonly List<(Tensor State, int Slot)> _states = [];
    private int _first;

    internal CachedTokens(Tape tape, SequenceCache cache, int batch, int time)
    {
        (Cache, Batch, Time) = (cache, batch, time);
        (_starts, _counts, _positions) = (tape.Tokens("starts", batch), tape.Tokens("counts", batch), tape.Tokens("positions", checked(batch * time)));
        All = new Sequences(batch, cache.Capacity) { Live = this };
    }

    /// <summary>What earlier tokens have left.</summary>
    public SequenceCache Cache { get; }

    /// <summary>Sequences of a run.</summary>
    public int Batch { get; }

    /// <summary>Most tokens of each in a run.</summary>
    public int Time { get; }

    /// <summary>The cache's sequence that is the run's first. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The cache has too few sequences behind it.</exception>
    public int First
    {
        get => _first;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Cache.Sequences - Batch);
            _first = value;
            foreach ((Tensor state, int slot) in _states)
            {
                Bind(state, slot);
            }
        }
    }

    /// <summary>The sequences of what <see cref="CacheRecording.Cached(Tape, Tensor)"/> gives: <see cref="SequenceCache.Capacity"/> rows each, of which the first <see cref="Rows"/> are tokens.</summary>
    public Sequences All { get; }

    internal TokenBuffer Positions => _positions;

    internal int* Starts => _starts.Data;

    internal int* Counts => _counts.Data;

    /// <summary>Says where a sequence of the run stands. Its tokens come first among its <see cref="Time"/> rows; what is computed of the others means nothing.</summary>
    /// <param name="sequence">Sequence of the run, from 0.</param>
    /// <param name="start">Tokens that it has in the cache; more than that are forgotten.</param>
    /// <param name="count">Tokens that the run adds, 0 to <see cref="Time"/>.</param>
    /// <exception cref="ArgumentException">There is no such sequence, or no room for the tokens.</exception>
    public void Place(int sequence, int start, int count)
    {
        Rule.Check(
            sequence >= 0 && sequence < Batch && start >= 0 && count >= 0 && count <= Time && start + count <= Cache.Capacity,
            $"[cache] tokens of {Batch} sequences, up to {Time} each, have room among {Cache.Capacity}; sequence {sequence}, {count} tokens behind {start}");
        (_starts.Span[sequence], _counts.Span[sequence]) = (start, count);
        Span<int> positions = _positions.Span.Slice(sequence * Time, Time);
        for (int i = 0; i < Time; i++)
        {
            positions[i] = i < count ? start + i : 0;
        }
    }

    /// <summary>Tokens of a sequence of the run, with those that the run adds.</summary>
    /// <param name="sequence">Sequence of the run, from 0.</param>
    /// <returns>How many.</returns>
    public int Rows(int sequence) => _starts.Span[sequence] + _counts.Span[sequence];

    /// <summary>The memory of the tape's next thing to put aside.</summary>
    internal Tensor NewState(int columns)
    {
        var state = new Tensor("cache", TensorKind.State, All.Rows, columns, requiresGradient: false) { Sequences = All };
        Bind(state, _states.Count);
        _states.Add((state, _states.Count));
        return state;
    }

    private void Bind(Tensor state, int slot) => state.ValueBuffer!.BindAlone(Cache.Slot(slot, state.Columns) + ((long)_first * Cache.Capacity * state.Columns));
}
