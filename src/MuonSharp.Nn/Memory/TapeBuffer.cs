namespace MuonSharp.Nn;

/// <summary>A piece of a tape's arena that holds something in some stretches of the tape's timeline, and is somebody else's in between.</summary>
/// <remarks>
/// <para>The timeline of a training tape of N operations: forward 0 to N - 1, then the backward run of operation i at 2N - 1 - i, later by as
/// many operations as are recomputed before it. -1 is before the run, and the time after the last operation is after it. An inference tape ends at N.</para>
/// <para>A buffer usually lives once. What is recomputed lives twice, at the same address: as long as the forward run reads it, and from its second
/// computation to its last reader in the backward run.</para>
/// </remarks>
public sealed unsafe class TapeBuffer
{
    private readonly List<Lifetime> _lives = [];
    private float* _pointer;

    /// <summary>Describes a buffer; nothing is allocated.</summary>
    /// <param name="name">What it holds, for messages and printed plans.</param>
    /// <param name="length">Number of floats, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    internal TapeBuffer(string name, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Name = name;
        Length = length;
    }

    /// <summary>What it holds.</summary>
    public string Name { get; }

    /// <summary>Number of floats.</summary>
    public long Length { get; }

    /// <summary>When it holds something: ascending, apart from each other.</summary>
    public IReadOnlyList<Lifetime> Lives => _lives;

    /// <summary>Time of the first use.</summary>
    public int FirstUse => IsUsed ? _lives[0].First : int.MaxValue;

    /// <summary>Time of the last use.</summary>
    public int LastUse => IsUsed ? _lives[^1].Last : int.MinValue;

    /// <summary>Whether anything uses it; what nothing uses gets no memory.</summary>
    public bool IsUsed => _lives.Count > 0;

    /// <summary>Whether a backward run reads what a forward run put there: an activation that has to be kept or computed again, not scratch, nor a gradient.</summary>
    public bool IsNeeded { get; internal set; }

    /// <summary>Place in the arena in floats, once planned.</summary>
    public long Offset { get; internal set; }

    /// <summary>Address of the first float: null until the arena exists, and for a buffer that nothing uses.</summary>
    public float* Pointer => _pointer;

    /// <summary>The floats, while an operation runs that declared the buffer.</summary>
    /// <exception cref="InvalidOperationException">It has no memory: the tape is not compiled, or nothing uses the buffer.</exception>
    public Span<float> Span => _pointer is null
        ? throw new InvalidOperationException($"[tape] a buffer has memory once the tape is compiled and if something uses it; {Name}")
        : new Span<float>(_pointer, checked((int)Length));

    /// <summary>Extends the lifetime to a use, with all between it and the other uses.</summary>
    /// <param name="time">Time of the use.</param>
    internal void Touch(int time) => Live(Math.Min(time, FirstUse), Math.Max(time, LastUse));

    /// <summary>Adds a life; lives that meet become one.</summary>
    /// <param name="first">Time of the first use.</param>
    /// <param name="last">Time of the last use, not before the first.</param>
    /// <exception cref="ArgumentException">The last use is before the first.</exception>
    internal void Live(int first, int last)
    {
        Rule.Check(first <= last, $"[memory plan] a life ends after it begins; {Name} from {first} to {last}");
        foreach (Lifetime life in _lives)
        {
            if (life.Meets(new Lifetime(first, last)))
            {
                (first, last) = (Math.Min(first, life.First), Math.Max(last, life.Last));
            }
        }

        var joined = new Lifetime(first, last);
        _lives.RemoveAll(life => life.Meets(joined));
        int after = _lives.FindIndex(life => life.First > last);
        _lives.Insert(after < 0 ? _lives.Count : after, joined);
    }

    /// <summary>Whether both are alive at some time.</summary>
    /// <param name="other">Another buffer.</param>
    /// <returns>Whether a life of one meets a life of the other.</returns>
    public bool LivesWith(TapeBuffer other)
    {
        foreach (Lifetime life in _lives)
        {
            foreach (Lifetime its in other._lives)
            {
                if (life.Meets(its))
                {
                    return true;
                }
            }
        }

        return false;
    }

    internal void BindAlone(float* address) => _pointer = address;

    internal void Bind(float* arena) => _pointer = arena is null || !IsUsed ? null : arena + Offset;
}

/// <summary>A stretch of a tape's timeline in which a buffer holds something.</summary>
/// <param name="First">Time of the first use.</param>
/// <param name="Last">Time of the last use.</param>
public readonly record struct Lifetime(int First, int Last)
{
    /// <summary>Whether both share a time.</summary>
    /// <param name="other">Another life.</param>
    /// <returns>Whether they do.</returns>
    public bool Meets(Lifetime other) => First <= other.Last && other.First <= Last;
}
