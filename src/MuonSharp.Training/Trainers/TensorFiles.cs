using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Weights and optimizer state between memory and a checkpoint's files; nothing is copied on the way out.</summary>
internal static unsafe class TensorFiles
{
    /// <summary>The weights as tensors to be written.</summary>
    public static NamedTensor[] Weights(ParameterStore store) =>
        [.. store.Parameters.Select(parameter => Describe(new(parameter.Name, parameter.Shape, parameter.Weights)))];

    /// <summary>The optimizer's state as tensors to be written.</summary>
    public static NamedTensor[] State(IOptimizer optimizer) => [.. optimizer.StateTensors.Select(Describe)];

    /// <summary>Reads all weights.</summary>
    /// <exception cref="InvalidFileException">Names or shapes are not those of the model.</exception>
    public static void ReadWeights(SafetensorsFile file, ParameterStore store) =>
        Read(file, [.. store.Parameters.Select(parameter => new StateTensor(parameter.Name, parameter.Shape, parameter.Weights))]);

    /// <summary>Reads the optimizer's state.</summary>
    /// <exception cref="InvalidFileException">Names or shapes are not those of the optimizer.</exception>
    public static void ReadState(SafetensorsFile file, IOptimizer optimizer) => Read(file, optimizer.StateTensors);

    private static NamedTensor Describe(StateTensor tensor) =>
        new(tensor.Name, Array.ConvertAll([.. tensor.Shape], size => (long)size), tensor.Memory.Address, tensor.Memory.Length);

    private static void Read(SafetensorsFile file, IReadOnlyList<StateTensor> tensors)
    {
        if (file.Tensors.Count != tensors.Count)
        {
            throw Wrong(file, $"the tensors must be those of the configuration, {tensors.Count} of them; {file.Tensors.Count} came");
        }

        foreach (StateTensor tensor in tensors)
        {
            if (!file.TryGet(tensor.Name, out TensorEntry? entry) || !entry.Shape.SequenceEqual(tensor.Shape.Select(size => (long)size)))
            {
                string came = entry is null ? "none" : $"[{string.Join(", ", entry.Shape)}]";
                throw Wrong(file, $"tensor '{tensor.Name}' must be [{string.Join(", ", tensor.Shape)}]; {came} came");
            }
        }

        foreach (StateTensor tensor in tensors)
        {
            file.ReadFloats(tensor.Name, tensor.Memory.Span);
        }
    }

    private static InvalidFileException Wrong(SafetensorsFile file, string problem) => new("checkpoint", file.Path, problem);
}
