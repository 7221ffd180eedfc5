using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>Numbers that belong to a model and are not trained: batch norm's running statistics, an expert's bias, a fixed table. What torch calls a buffer.</summary>
/// <remarks>Saved with the weights (where it says so), never stepped: no optimizer sees it, whoever computes it writes it.</remarks>
public sealed class ModelBuffer
{
    private readonly float _initial;

    /// <summary>A buffer over memory of the caller's own, whose values stay as they are.</summary>
    /// <param name="name">Unique in the model.</param>
    /// <param name="shape">Row-major sizes, outermost first; every size at least 1.</param>
    /// <param name="values">As many floats as the shape says.</param>
    /// <param name="saved">Whether it is part of the model's state.</param>
    /// <exception cref="ArgumentException">The shape or the block's length does not fit.</exception>
    public ModelBuffer(string name, ImmutableArray<int> shape, MemoryBlock values, bool saved = true)
        : this(name, shape, 0, saved)
    {
        if (values.Length != Length)
        {
            throw new ArgumentException($"[buffer] '{name}' {Parameter.ShapeText(shape)} needs {Length} values; {values.Length} came");
        }

        Values = values;
    }

    internal ModelBuffer(string name, ImmutableArray<int> shape, float initial, bool saved)
    {
        (Name, Shape, IsSaved, _initial) = (name, shape, saved, initial);
        Length = Parameter.CountElements(name, shape, "buffer");
        Values = MemoryBlock.ToCome(name);
    }

    /// <summary>Unique name, in the style of the model's family (<c>norm.running_mean</c>).</summary>
    public string Name { get; }

    /// <summary>Row-major sizes, outermost first.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>Whether a checkpoint holds it. One that is not saved is made anew with the model.</summary>
    public bool IsSaved { get; }

    /// <summary>The values. Empty until the store that declares the buffer is built.</summary>
    public MemoryBlock Values { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Parameter.ShapeText(Shape)}";

    internal void Bind(MemoryBlock values)
    {
        Values = values;
        values.Span.Fill(_initial);
    }
}
