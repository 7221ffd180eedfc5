using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Weights between memory and a safetensors file, by name; nothing is copied on the way out. The optimizer's state has <see cref="OptimizerState"/>.</summary>
public static class WeightFile
{
    /// <summary>The weights and the buffers that are saved as tensors to be written: views.</summary>
    /// <param name="store">Where they are.</param>
    public static IReadOnlyList<NamedTensor> Tensors(ParameterStore store) =>
        [.. TensorMap.Identity(store.Parameters, store.Buffers).Content(store).Select(tensor => tensor.ToNamed())];

    /// <summary>Reads all weights and buffers, once it is known that all of them are there.</summary>
    /// <param name="file">A file with tensors of the store's names and shapes, and no others.</param>
    /// <param name="store">Where they go.</param>
    /// <exception cref="InvalidFileException">Names or shapes are not those of the model; the message lists what is wrong, and nothing was changed.</exception>
    public static void Read(SafetensorsFile file, ParameterStore store) => TensorMap.Identity(store.Parameters, store.Buffers).Read(file, store);

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
}

/// <summary>Weights that were read.</summary>
/// <param name="Checkpoint">The folder of their checkpoint.</param>
/// <param name="Step">How many steps had been done.</param>
/// <param name="Sha256">SHA-256 of their file, in lower-case hexadecimal.</param>
public sealed record LoadedWeights(string Checkpoint, long Step, string Sha256);
