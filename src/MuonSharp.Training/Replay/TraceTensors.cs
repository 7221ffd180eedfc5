using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The rules for the tensors of a recorded run.</summary>
internal static class TraceTensors
{
    /// <summary>Checks names, types and shapes against the configuration.</summary>
    /// <returns>The last step with recorded weights.</returns>
    /// <exception cref="InvalidFileException">A tensor is missing, belongs to nothing, or has another type or shape than it must.</exception>
    public static int Check(SafetensorsFile file, TraceConfig config)
    {
        string[] names = [.. config.Groups.SelectMany(group => group.Parameters)];
        var compared = names.ToDictionary(name => name, _ => 0, StringComparer.Ordinal);
        foreach (string name in names)
        {
            Require(file, file.TryGet(TraceFormat.Initial(name), out _), $"every parameter has the tensor '{TraceFormat.Initial(name)}'; it is missing");
        }

        foreach (TensorEntry tensor in file.Tensors)
        {
            CheckOne(file, config, tensor, compared);
        }

        foreach ((string name, int last) in compared)
        {
            Require(file, last > 0, $"every parameter has weights to compare with; there is no tensor 'expected/STEP/{name}'");
        }

        return compared.Values.Max();
    }

    private static void CheckOne(SafetensorsFile file, TraceConfig config, TensorEntry tensor, Dictionary<string, int> compared)
    {
        Require(
            file,
            TraceFormat.TrySplit(tensor.Name, out int step, out bool expected, out string parameter),
            $"a tensor is initial/NAME, gradient/STEP/NAME or expected/STEP/NAME; '{tensor.Name}' came");
        Require(file, compared.ContainsKey(parameter), $"a tensor belongs to a parameter of a group; '{tensor.Name}' belongs to none");
        Require(file, step <= config.Steps, $"a step is 1 to {config.Steps}; the tensor '{tensor.Name}' came");
        Require(file, tensor.Type == TensorType.F32, $"a tensor is F32; '{tensor.Name}' is {tensor.Description}");
        TensorEntry initial = file.Get(TraceFormat.Initial(parameter));
        Require(
            file,
            tensor.Shape.AsSpan().SequenceEqual(initial.Shape.AsSpan()) && tensor.Count is > 0 and <= int.MaxValue && tensor.Shape.Length > 0,
            $"a tensor has the shape of its parameter's initial weights, with sizes of 1 or more; '{tensor.Name}' is {tensor.Description}, '{initial.Name}' {initial.Description}");
        if (expected)
        {
            compared[parameter] = Math.Max(compared[parameter], step);
        }
    }

    private static void Require(SafetensorsFile file, bool rule, string problem)
    {
        if (!rule)
        {
            throw new InvalidFileException(TraceFormat.Operation, file.Path, problem);
        }
    }
}
