using System.Collections.Immutable;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A tensor of a file.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Shape">Its sizes there, outermost first.</param>
/// <param name="View">What of the model it holds; null for zeros that the model does without and the file must have.</param>
public sealed record StoredTensor(string Name, ImmutableArray<int> Shape, TensorView? View)
{
    /// <summary>A parameter or buffer as it is.</summary>
    /// <param name="name">Name in the file.</param>
    /// <param name="target">Name in the model.</param>
    /// <param name="shape">Its sizes.</param>
    public static StoredTensor Whole(string name, string target, ImmutableArray<int> shape) => new(name, shape, TensorView.Whole(target, shape));

    /// <summary>The matrices of a stack [n, rows, columns] one by one.</summary>
    /// <param name="name">Name in the file of each.</param>
    /// <param name="stack">The stack, stored as it is.</param>
    public static IEnumerable<StoredTensor> Apart(Func<int, string> name, StoredTensor stack)
    {
        ImmutableArray<int> one = stack.Shape.RemoveAt(0);
        TensorView whole = TensorView.Whole(stack.View!.Target, one);
        return Enumerable.Range(0, stack.Shape[0]).Select(i => new StoredTensor(name(i), one, whole with { Offset = stack.View.Offset + (i * whole.Length) }));
    }

    /// <summary>A matrix the other way round.</summary>
    public StoredTensor Transposed() => this with { Shape = [.. Shape.Reverse()], View = View! with { Sizes = [.. View.Sizes.Reverse()], Strides = [.. View.Strides.Reverse()] } };
}

/// <summary>Elements of a parameter in the order of a file: element (i₀, i₁, ...) is that at offset + Σ iₐ·strideₐ.</summary>
/// <param name="Target">Name of the parameter or buffer.</param>
/// <param name="Offset">The first element.</param>
/// <param name="Sizes">Sizes of the view, outermost first; their product is the number of elements of the stored tensor, whose shape may be another one.</param>
/// <param name="Strides">Elements from one to the next along each axis.</param>
public sealed record TensorView(string Target, long Offset, ImmutableArray<int> Sizes, ImmutableArray<long> Strides)
{
    /// <summary>Number of elements.</summary>
    public long Length => Sizes.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Whether the elements lie one after the other.</summary>
    public bool IsContiguous => Strides.AsSpan().SequenceEqual(RowMajor(Sizes).AsSpan());

    /// <summary>All of a tensor in its own order.</summary>
    /// <param name="target">Name of the parameter or buffer.</param>
    /// <param name="shape">Its sizes.</param>
    public static TensorView Whole(string target, ImmutableArray<int> shape) => new(target, 0, shape, RowMajor(shape));

    /// <summary>Puts elements of the file where they belong.</summary>
    /// <param name="start">Number of the first one in the file.</param>
    /// <param name="values">The elements.</param>
    /// <param name="target">The parameter.</param>
    public void Scatter(long start, ReadOnlySpan<float> values, Span<float> target)
    {
        for (int done = 0, count; done < values.Length; done += count)
        {
            (long at, long stride, count) = Run(start + done, values.Length - done);
            for (int i = 0; i < count; i++)
            {
                target[(int)(at + (i * stride))] = values[done + i];
            }
        }
    }

    /// <summary>Fetches elements in the order of the file.</summary>
    /// <param name="start">Number of the first one in the file.</param>
    /// <param name="values">Receives them.</param>
    /// <param name="target">The parameter.</param>
    public void Gather(long start, Span<float> values, ReadOnlySpan<float> target)
    {
        for (int done = 0, count; done < values.Length; done += count)
        {
            (long at, long stride, count) = Run(start + done, values.Length - done);
            for (int i = 0; i < count; i++)
            {
                values[done + i] = target[(int)(at + (i * stride))];
            }
        }
    }

    private static ImmutableArray<long> RowMajor(ImmutableArray<int> sizes)
    {
        long[] strides = new long[sizes.Length];
        long stride = 1;
        for (int axis = sizes.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= sizes[axis];
        }

        return [.. strides];
    }

    /// <summary>Elements that follow each other along the last axis that has more than one: where they begin, their stride, and how many there are.</summary>
    private (long At, long Stride, int Count) Run(long element, int most)
    {
        int last = Sizes.Length - 1;
        while (last > 0 && Sizes[last] == 1)
        {
            last--;
        }

        if (last < 0)
        {
            return (Offset, 1, 1);
        }

        (element, long first) = Math.DivRem(element, Sizes[last]);
        long at = Offset + (first * Strides[last]);
        for (int axis = last - 1; axis >= 0; axis--)
        {
            (element, long index) = Math.DivRem(element, Sizes[axis]);
            at += index * Strides[axis];
        }

        return (at, Strides[last], (int)Math.Min(most, Sizes[last] - first));
    }
}

/// <summary>A stored tensor with the memory that its elements come from.</summary>
public sealed class TensorContent
{
    private readonly StoredTensor _tensor;
    private readonly MemoryBlock _memory;

    internal TensorContent(StoredTensor tensor, MemoryBlock memory) => (_tensor, _memory) = (tensor, memory);

    /// <summary>Name in the file.</summary>
    public string Name => _tensor.Name;

    /// <summary>Sizes in the file.</summary>
    public ImmutableArray<int> Shape => _tensor.Shape;

    /// <summary>Number of elements.</summary>
    public long Length => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Fetches elements in the order of the file.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="values">Receives them.</param>
    public void Read(long start, Span<float> values)
    {
        if (_tensor.View is not { } view)
        {
            values.Clear();
        }
        else if (view.IsContiguous)
        {
            _memory.Span.Slice((int)(view.Offset + start), values.Length).CopyTo(values);
        }
        else
        {
            view.Gather(start, values, _memory.Span);
        }
    }

    /// <summary>The tensor for a safetensors file: a view of the model's memory where its order is that of the file, else a copy.</summary>
    public unsafe NamedTensor ToNamed()
    {
        long[] shape = [.. Shape.Select(size => (long)size)];
        if (_tensor.View is { IsContiguous: true } view)
        {
            return new NamedTensor(Name, shape, _memory.Address + view.Offset, Length);
        }

        float[] copy = new float[Length];
        Read(0, copy);
        return new NamedTensor(Name, shape, copy);
    }
}
