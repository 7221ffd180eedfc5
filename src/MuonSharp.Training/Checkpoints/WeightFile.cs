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

    /// <summary>Reads the weights of a run's newest good checkpoint, or of a checkpoint that is named: what training goes on from, or what is fine-tuned.</summary>
    /// <param name="path">A run folder, or the folder of a checkpoint; every file of it is verified.</param>
    /// <param name="store">Where they go: parameters and buffers of the same names and shapes.</param>
    /// <returns>Which they are.</returns>
    /// <exception cref="InvalidFileException">There is no run or checkpoint, it is damaged, or names or shapes are others; nothing was changed.</exception>
    /// <exception cref="BadInputException">The run has written no checkpoint yet.</exception>
    public static LoadedWeights Load(string path, ParameterStore store)
    {
        using LoadedCheckpoint checkpoint = SourceCheckpoint.Open(path, sha256: null, out _);
        Read(checkpoint.Model, store);
        return new LoadedWeights(checkpoint.Folder, checkpoint.Step, checkpoint.ModelSha256);
    }

    private static IEnumerable<(string Name, ImmutableArray<int> Shape, MemoryBlock Memory)> Saved(ParameterStore store) =>
    [
        .. store.Parameters.Select(parameter => (parameter.Name, parameter.Shape, parameter.Weights)),
        .. store.Buffers.Where(buffer => buffer.IsSaved).Select(buffer => (buffer.Name, buffer.Shape, buffer.Values)),
    ];
}

/// <summary>Weights that were read.</summary>
/// <param name="Checkpoint">The folder of their checkpoint.</param>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Sha256">SHA-256 of their file, in lower-case hexadecimal.</param>
public sealed record LoadedWeights(string Checkpoint, long Step, string Sha256);
