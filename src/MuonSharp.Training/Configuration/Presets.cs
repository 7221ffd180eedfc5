using System.Reflection;

namespace MuonSharp.Training;

/// <summary>The configurations that the repository ships: the JSON files of its <c>presets</c> folder.</summary>
public static class Presets
{
    /// <summary>The preset of a run that names none.</summary>
    public const string Default = "austen";

    private const string Prefix = "presets/";
    private const string Suffix = ".json";

    /// <summary>Names of all presets, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The JSON text of a preset; null when there is none of that name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static byte[]? Read(string name)
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name + Suffix);
        if (stream is null)
        {
            return null;
        }

        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
