using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One kind of state (a momentum) for the parameters of an optimizer, in one flat native buffer that starts at zero.</summary>
public sealed unsafe class StateBuffer : IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly long[] _offsets;
    private readonly int[] _lengths;

    /// <summary>State of any shape.</summary>
    /// <param name="kind">Optimizer and kind of state, such as <c>muon.momentum</c>.</param>
    /// <param name="slots">The optimizer's parameters.</param>
    /// <param name="shapeOf">The shape of a parameter's state; empty when it has none.</param>
    internal StateBuffer(string kind, IReadOnlyList<ParameterSlot> slots, Func<ParameterSlot, ImmutableArray<int>> shapeOf)
    {
        _offsets = new long[slots.Count];
        _lengths = new int[slots.Count];
        ImmutableArray<int>[] shapes = [.. slots.Select(shapeOf)];
        long length = 0;
        for (int i = 0; i < slots.Count; i++)
        {
            OwnedRange part = slots[i].Owned;
            int whole = LengthOf(shapes[i]);
            bool isWhole = part.Length == slots[i].Parameter.Length;
            _lengths[i] = isWhole ? whole : Math.Min(whole, part.Length);

            // As if all were there: what lies before an owned part is never touched.
            _offsets[i] = length - (isWhole ? 0 : part.Start);
            length += FlatLayout.Padded(_lengths[i]);
        }

        _buffer = new NativeBuffer(length);
        Tensors = [.. slots.Where((_, i) => !shapes[i].IsEmpty).Select(slot => new StateTensor(
            $"{kind}/{slot.Parameter.Name}", shapes[slot.Index], Of(slot)) { Start = slot.Owned.Start })];
    }

    /// <summary>The state as named tensors.</summary>
    public IReadOnlyList<StateTensor> Tensors { get; }

    /// <summary>Where the first value of a parameter's state is or, where only a part of it is here, would be.</summary>
    /// <param name="slot">The parameter's <see cref="ParameterSlot.Index"/>.</param>
    public float* Of(int slot) => _buffer.Pointer + _offsets[slot];

    /// <summary>A parameter's state, as far as it is here.</summary>
    /// <param name="slot">The parameter.</param>
    public MemoryBlock Of(ParameterSlot slot) =>
        _lengths[slot.Index] == 0 ? default : new(Of(slot.Index) + slot.Owned.Start, _lengths[slot.Index], _buffer);

    /// <summary>Frees the state.</summary>
    public void Dispose() => _buffer.Dispose();

    private static int LengthOf(ImmutableArray<int> shape) => shape.IsEmpty ? 0 : shape.Aggregate(1, static (product, size) => checked(product * size));
}

/// <summary>A named piece of an optimizer's memory, such as <c>muon.momentum/model.layers.0.mlp.up_proj.weight</c>.</summary>
/// <param name="Name">The kind of state, a slash, and the parameter's name.</param>
/// <param name="Shape">The parameter's shape, or that of the statistic.</param>
/// <param name="Memory">The values that are here, in place: all, unless several ranks share the work; empty where another rank has them.</param>
public readonly record struct StateTensor(string Name, ImmutableArray<int> Shape, MemoryBlock Memory)
{
    /// <summary>The first element that is here.</summary>
    public int Start { get; init; }

    /// <summary>Elements of the whole tensor.</summary>
    public int Length => Shape.Aggregate(1, static (product, size) => product * size);
}
