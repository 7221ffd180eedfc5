using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Token numbers that the user writes before a run: input of embeddings and targets of losses.</summary>
/// <remarks>Lives outside the managed heap and outside the arena: it keeps its content between runs.</remarks>
public sealed unsafe class TokenBuffer : IDisposable
{
    private readonly NativeBuffer _memory;

    internal TokenBuffer(string name, int length, bool outline)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Name = name;
        Length = length;
        _memory = new NativeBuffer(outline ? 0 : length);
    }

    /// <summary>Name for messages.</summary>
    public string Name { get; }

    /// <summary>Number of tokens.</summary>
    public int Length { get; }

    /// <summary>Address of the first token.</summary>
    public int* Data => (int*)_memory.Pointer;

    /// <summary>The tokens, for the user to write.</summary>
    public Span<int> Span => new(Data, Length);

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
