using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Weights between memory and a checkpoint's file; nothing is copied on the way out. The optimizer's state has <see cref="OptimizerState"/>.</summary>
internal static unsafe class TensorFiles
{
    /// <summary>The weights as tensors to be written.</summary>
    public static NamedTensor[] Weights(ParameterStore store) =>
        [.. store.Parameters.Select(parameter => new NamedTensor(
            parameter.Name, LongShape(parameter), parameter.Weights.Address, parameter.Weights.Length))];

    /// <summary>Reads all weights.</summary>
    /// <exception cref="InvalidFileException">Names or shapes are not those of the model; nothing was changed.</exception>
    public static void ReadWeights(SafetensorsFile file, ParameterStore store)
    {
        if (file.Tensors.Count != store.Parameters.Count)
        {
            throw Wrong(file, $"the tensors must be those of the configuration, {store.Parameters.Count} of them; {file.Tensors.Count} came");
        }

        foreach (Parameter parameter in store.Parameters)
        {
            if (!file.TryGet(parameter.Name, out TensorEntry? entry) || !entry.Shape.SequenceEqual(LongShape(parameter)))
            {
                string came = entry is null ? "none" : $"[{string.Join(", ", entry.Shape)}]";
                throw Wrong(file, $"tensor '{parameter.Name}' must be [{string.Join(", ", parameter.Shape)}]; {came} came");
            }
        }

        foreach (Parameter parameter in store.Parameters)
        {
            file.ReadFloats(parameter.Name, parameter.Weights.Span);
        }
    }

    private static long[] LongShape(Parameter parameter) => [.. parameter.Shape.Select(size => (long)size)];

    private static InvalidFileException Wrong(SafetensorsFile file, string problem) => new("checkpoint", file.Path, problem);
}
