using System.Collections.Immutable;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Weights between memory and a safetensors file, by name; nothing is copied on the way out. The optimizer's state has <see cref="OptimizerState"/>.</summary>
public static unsafe class WeightFile
{
    private const int MostProblems = 8;

    /// <summary>The weights and the buffers that are saved as tensors to be written: views.</summary>
    /// <param name="store">Where they are.</param>
    public static IReadOnlyList<NamedTensor> Tensors(ParameterStore store) =>
        [.. Saved(store).Select(saved => new NamedTensor(saved.Name, [.. saved.Shape.Select(size => (long)size)], saved.Memory.Address, saved.Memory.Length))];

    /// <summary>Reads all weights and buffers, once it is known that all of them are there.</summary>
    /// <param name="file">A file with tensors of the store's names and shapes, and no others.</param>
    /// <param name="store">Where they go.</param>
    /// <exception cref="InvalidFileException">Names or shapes are not those of the model; the message lists what is wrong, and nothing was changed.</exception>
    public static void Read(SafetensorsFile file, ParameterStore store)
    {
        List<string> problems = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach ((string name, ImmutableArray<int> shape, _) in Saved(store))
        {
            known.Add(name);
            if (!file.TryGet(name, out TensorEntry? entry))
            {
                problems.Add($"tensor '{name}' must be [{string.Join(", ", shape)}]; none came");
            }
            else if (!entry.Shape.SequenceEqual(shape.Select(size => (long)size)))
            {
                problems.Add($"tensor '{name}' must be [{string.Join(", ", shape)}]; [{string.Join(", ", entry.Shape)}] came");
            }
        }

        problems.AddRange(file.Tensors.Where(entry => !known.Contains(entry.Name)).Select(entry => $"tensor '{entry.Name}' belongs to no parameter of the model"));
        if (problems.Count > 0)
        {
            string more = problems.Count > MostProblems ? $"; and {problems.Count - MostProblems} more" : string.Empty;
            throw new InvalidFileException("weights", file.Path, string.Join("; ", problems.Take(MostProblems)) + more);
        }

        foreach ((string name, _, MemoryBlock memory) in Saved(store))
        {
            file.ReadFloats(name, memory.Span);
        }
    }

    private static IEnumerable<(string Name, ImmutableArray<int> Shape, MemoryBlock Memory)> Saved(ParameterStore store) =>
    [
        .. store.Parameters.Select(parameter => (parameter.Name, parameter.Shape, parameter.Weights)),
        .. store.Buffers.Where(buffer => buffer.IsSaved).Select(buffer => (buffer.Name, buffer.Shape, buffer.Values)),
    ];
}
