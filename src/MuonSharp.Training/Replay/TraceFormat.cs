using System.Globalization;

namespace MuonSharp.Training;

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
        string hint = NearestName.Of(name, all) is { } nearest ? $"; did you mean '{nearest}'?" : string.Empty;
        return $"a {what} must be one of {string.Join(", ", all)}; '{name}' came{hint}";
    }
}
