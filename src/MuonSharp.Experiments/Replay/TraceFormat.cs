using System.Globalization;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The names that recorded runs consist of.</summary>
internal static class TraceFormat
{
    /// <summary>What messages begin with.</summary>
    public const string Operation = "replay";

    /// <summary>The value of the metadata's <c>format</c>.</summary>
    public const string Version = "muonsharp-trace/1";

    /// <summary>Metadata: the format's name.</summary>
    public const string FormatKey = "format";

    /// <summary>Metadata: what made the recording.</summary>
    public const string SourceKey = "source";

    /// <summary>Metadata: the configuration, as JSON.</summary>
    public const string ConfigKey = "config";

    private const string InitialPrefix = "initial/";
    private const string GradientPrefix = "gradient/";
    private const string ExpectedPrefix = "expected/";

    /// <summary>The tensor of a parameter's weights before the first step.</summary>
    public static string Initial(string parameter) => InitialPrefix + parameter;

    /// <summary>The tensor of a parameter's gradient at a step.</summary>
    public static string Gradient(int step, string parameter) => string.Create(CultureInfo.InvariantCulture, $"{GradientPrefix}{step}/{parameter}");

    /// <summary>The tensor of a parameter's weights after a step.</summary>
    public static string Expected(int step, string parameter) => string.Create(CultureInfo.InvariantCulture, $"{ExpectedPrefix}{step}/{parameter}");

    /// <summary>Takes a tensor's name apart; step is 0 for initial weights. False: the name is none of the format's.</summary>
    public static bool TrySplit(string tensor, out int step, out bool expected, out string parameter)
    {
        (step, expected, parameter) = (0, false, string.Empty);
        if (tensor.StartsWith(InitialPrefix, StringComparison.Ordinal))
        {
            parameter = tensor[InitialPrefix.Length..];
            return true;
        }

        expected = tensor.StartsWith(ExpectedPrefix, StringComparison.Ordinal);
        if (!expected && !tensor.StartsWith(GradientPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        string rest = tensor[(expected ? ExpectedPrefix : GradientPrefix).Length..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash < 1 || rest[0] is < '1' or > '9' || !int.TryParse(rest.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out step))
        {
            return false;
        }

        parameter = rest[(slash + 1)..];
        return true;
    }

    /// <summary>The words for a name that is not among the known ones.</summary>
    public static string UnknownName(string what, string name, IEnumerable<string> known)
    {
        string[] all = [.. known];
        string hint = NearestName.Hint(name, all);
        return $"a {what} must be one of {string.Join(", ", all)}; '{name}' came{hint}";
    }
}

/// <summary>The rules for the tensors of a recorded run.</summary>
internal static class TraceTensors
{
    /// <summary>Checks names, types and shapes against the configuration.</summary>
    /// <returns>The last step with recorded weights.</returns>
    /// <exception cref="InvalidFileException">A tensor is missing, belongs to nothing, or has another type or shape than it must.</exception>
    public static int Check(SafetensorsFile file, TraceConfig config)
    {
        string[] names = [.. config.Groups.SelectMany(group => group.Parameters)];
        Dictionary<string, int> compared = names.ToDictionary(name => name, _ => 0, StringComparer.Ordinal);
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
