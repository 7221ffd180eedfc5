using System.Collections.Immutable;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>What each stored tensor of a model is of its parameters: the one table that checkpoints, import and export go through.</summary>
/// <remarks>
/// <para>A stored tensor is a strided view of a parameter or a saved buffer: all of it, one matrix of a stack, its transpose, its rows in another order. Reading and writing are loops over the view, so a map
/// is data: a family says which views there are, and nothing else knows how a checkpoint differs from the model.</para>
/// </remarks>
public sealed class TensorMap
{
    private const int MostProblems = 8;
    private const int Chunk = 1 << 14;

    /// <summary>A map of some tensors.</summary>
    /// <param name="tensors">All tensors of a complete file, in any order.</param>
    public TensorMap(IReadOnlyList<StoredTensor> tensors) => Tensors = tensors;

    /// <summary>The tensors of a complete file.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>Tensors that a file may hold a second time: name, and the tensor of which it is a copy, such as a tied head.</summary>
    public IReadOnlyDictionary<string, string> Copies { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The name in this map of a tensor of a file, where files differ in it; null for one that is no part of the model. Default: the name itself.</summary>
    public Func<string, string?> Canonical { get; init; } = name => name;

    /// <summary>The map that stores every parameter and saved buffer as it is.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="buffers">The buffers, of which those that are saved count.</param>
    public static TensorMap Identity(IEnumerable<Parameter> parameters, IEnumerable<ModelBuffer> buffers) => new(
    [
        .. parameters.Select(parameter => StoredTensor.Whole(parameter.Name, parameter.Name, parameter.Shape)),
        .. buffers.Where(buffer => buffer.IsSaved).Select(buffer => StoredTensor.Whole(buffer.Name, buffer.Name, buffer.Shape)),
    ]);

    /// <summary>A map of files of another make, without copies and other names: some tensors replaced by several, some renamed.</summary>
    /// <param name="change">The stored tensors that one becomes.</param>
    public TensorMap Select(Func<StoredTensor, IEnumerable<StoredTensor>> change) => new([.. Tensors.SelectMany(change)]);

    /// <summary>Reads all tensors into a model, once it is known that all of them are there.</summary>
    /// <param name="source">A file with these tensors, and no others.</param>
    /// <param name="store">Where they go.</param>
    /// <exception cref="InvalidFileException">Names or shapes are not those of the model, and nothing was changed; or the file changed, or a copy differs.</exception>
    public void Read(ITensorSource source, ParameterStore store)
    {
        Dictionary<string, string> names = Check(source);
        Dictionary<string, MemoryBlock> memory = Memory(store);
        foreach (StoredTensor tensor in Tensors)
        {
            Read(source, names[tensor.Name], tensor, memory);
        }

        foreach ((string copy, string original) in Copies)
        {
            if (names.TryGetValue(copy, out string? name))
            {
                Compare(source, name, names[original]);
            }
        }
    }

    /// <summary>Checks that a file has these tensors, in these shapes, and no others.</summary>
    /// <returns>The names that they have there, by ours.</returns>
    /// <exception cref="InvalidFileException">Names or shapes are others.</exception>
    internal Dictionary<string, string> Check(ITensorSource source)
    {
        Dictionary<string, string> names = Names(source, out List<string> problems);
        foreach (StoredTensor tensor in Tensors)
        {
            ImmutableArray<long> shape = [];
            bool found = names.TryGetValue(tensor.Name, out string? name) && source.TryGetShape(name, out shape);
            if (!found || !shape.SequenceEqual(tensor.Shape.Select(size => (long)size)))
            {
                problems.Add($"tensor '{tensor.Name}' must be [{string.Join(", ", tensor.Shape)}]; {(found ? $"[{string.Join(", ", shape)}]" : "none")} came");
            }
        }

        if (problems.Count > 0)
        {
            string more = problems.Count > MostProblems ? $"; and {problems.Count - MostProblems} more" : string.Empty;
            throw new InvalidFileException("weights", source.Path, string.Join("; ", problems.Take(MostProblems)) + more);
        }

        return names;
    }

    /// <summary>The tensors of a model to be written, in the order of the map: views where the parameter's memory has the order of the file.</summary>
    /// <param name="store">The model's parameters and buffers.</param>
    public IReadOnlyList<TensorContent> Content(ParameterStore store)
    {
        Dictionary<string, MemoryBlock> memory = Memory(store);
        return [.. Tensors.Select(tensor => new TensorContent(tensor, tensor.View is { } view ? memory[view.Target] : default))];
    }

    private static Dictionary<string, MemoryBlock> Memory(ParameterStore store)
    {
        Dictionary<string, MemoryBlock> memory = store.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Weights, StringComparer.Ordinal);
        foreach (ModelBuffer buffer in store.Buffers)
        {
            memory[buffer.Name] = buffer.Values;
        }

        return memory;
    }

    private Dictionary<string, string> Names(ITensorSource source, out List<string> problems)
    {
        HashSet<string> known = [.. Tensors.Select(tensor => tensor.Name), .. Copies.Keys];
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        problems = [];
        foreach (string stored in source.Names)
        {
            if (Canonical(stored) is not { } name)
            {
                continue;
            }

            if (!known.Contains(name))
            {
                problems.Add($"tensor '{OneLine.Printable(stored)}' belongs to no parameter of the model");
            }
            else if (!names.TryAdd(name, stored))
            {
                problems.Add($"tensors '{names[name]}' and '{stored}' are the same one");
            }
        }

        return names;
    }

    private static void Read(ITensorSource source, string name, StoredTensor tensor, Dictionary<string, MemoryBlock> memory)
    {
        if (tensor.View is not { } view)
        {
            return;
        }

        MemoryBlock target = memory[view.Target];
        if (view.IsContiguous)
        {
            source.ReadFloats(name, 0, target.Span.Slice((int)view.Offset, (int)view.Length));
            return;
        }

        float[] part = new float[Math.Min(Chunk, view.Length)];
        for (long start = 0; start < view.Length; start += part.Length)
        {
            Span<float> values = part.AsSpan(0, (int)Math.Min(part.Length, view.Length - start));
            source.ReadFloats(name, start, values);
            view.Scatter(start, values, target.Span);
        }
    }

    private static void Compare(ITensorSource source, string copy, string original)
    {
        source.TryGetShape(copy, out ImmutableArray<long> shape);
        source.TryGetShape(original, out ImmutableArray<long> other);
        long length = shape.SequenceEqual(other) ? shape.Aggregate(1L, (product, size) => product * size) : -1;
        float[] first = new float[Chunk], second = new float[Chunk];
        for (long start = 0; start < Math.Max(length, 1); start += Chunk)
        {
            int count = (int)Math.Min(Chunk, length - start);
            if (count > 0)
            {
                source.ReadFloats(copy, start, first.AsSpan(0, count));
                source.ReadFloats(original, start, second.AsSpan(0, count));
            }

            if (length < 0 || !first.AsSpan(0, count).SequenceEqual(second.AsSpan(0, count)))
            {
                throw new InvalidFileException("weights", source.Path, $"tensor '{copy}' must be a copy of '{original}', which the configuration says it is; it differs");
            }
        }
    }
}
