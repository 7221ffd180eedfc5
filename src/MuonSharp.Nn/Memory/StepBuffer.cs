namespace MuonSharp.Nn;

/// <summary>A piece of a tape's arena that is alive from its first to its last use on the tape's timeline, and somebody else's before and after.</summary>
/// <remarks>The timeline of a training tape of N operations: forward 0 to N - 1, backward of operation i at 2N - 1 - i. -1 is before
/// the run and 2N after it. An inference tape ends at N.</remarks>
public sealed unsafe class StepBuffer
{
    private float* _pointer;

    /// <summary>Describes a buffer; nothing is allocated.</summary>
    /// <param name="name">What it holds, for messages and printed plans.</param>
    /// <param name="length">Number of floats, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public StepBuffer(string name, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Name = name;
        Length = length;
    }

    /// <summary>What it holds.</summary>
    public string Name { get; }

    /// <summary>Number of floats.</summary>
    public long Length { get; }

    /// <summary>Time of the first use.</summary>
    public int FirstUse { get; private set; } = int.MaxValue;

    /// <summary>Time of the last use.</summary>
    public int LastUse { get; private set; } = int.MinValue;

    /// <summary>Whether anything uses it; what nothing uses gets no memory.</summary>
    public bool IsUsed => FirstUse <= LastUse;

    /// <summary>Place in the arena in floats, once planned.</summary>
    public long Offset { get; internal set; }

    /// <summary>Address of the first float: null until the arena exists, and for a buffer that nothing uses.</summary>
    public float* Pointer => _pointer;

    /// <summary>Extends the lifetime to a use.</summary>
    /// <param name="time">Time of the use.</param>
    public void Touch(int time)
    {
        FirstUse = Math.Min(FirstUse, time);
        LastUse = Math.Max(LastUse, time);
    }

    /// <summary>Whether both are alive at some time.</summary>
    /// <param name="other">Another buffer.</param>
    /// <returns>Whether the lifetimes share a time.</returns>
    public bool LivesWith(StepBuffer other) => FirstUse <= other.LastUse && other.FirstUse <= LastUse;

    internal void Bind(float* arena) => _pointer = arena == null || !IsUsed ? null : arena + Offset;
}
