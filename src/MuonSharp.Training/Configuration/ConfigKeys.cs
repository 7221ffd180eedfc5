using MuonSharp.Formats;
using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>All configuration keys: what <c>--set</c> and configuration files may name.</summary>
public static class ConfigKeys
{
    /// <summary>All keys, in the order in which configurations are written.</summary>
    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        new ConfigSection<TrainingConfig>("", c => c, (_, c) => c)
            .Key("preset", Text, c => c.Preset, (c, v) => c with { Preset = v }, "name of the preset the configuration started from; a note", free: true),
        .. ModelSection.Keys,
        .. DataSection.Keys,
        .. TrainSection.Keys,
        .. OptimizerSection.Keys,
        .. QkClipSection.Keys,
        .. EvaluateSection.Keys,
        .. SampleSection.Keys,
        .. CheckpointSection.Keys,
        .. LogSection.Keys,
    ];

    private static readonly Dictionary<string, ConfigKey> s_byName = All.ToDictionary(key => key.Name, StringComparer.Ordinal);

    private static readonly HashSet<string> s_groups = new(
        All.SelectMany(key => key.Name.Select((letter, at) => letter == '.' ? key.Name[..at] : "")).Where(group => group.Length > 0), StringComparer.Ordinal);

    /// <summary>The key of that name; null when there is none.</summary>
    /// <param name="name">A dotted name.</param>
    public static ConfigKey? Find(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>Whether a name stands for several keys: what comes before a dot of one.</summary>
    internal static bool IsGroup(string name) => s_groups.Contains(name);

    /// <summary>The key of that name; when there is none, adds a problem that suggests the nearest one.</summary>
    internal static ConfigKey? Find(string name, List<string> problems)
    {
        ConfigKey? key = Find(name);
        if (key is null)
        {
            problems.Add($"[config] {Unknown(name)}");
        }

        return key;
    }

    /// <summary>What is wrong with a name that is no key, and the nearest one.</summary>
    internal static string Unknown(string name) => $"a key must be a known one; {OneLine.Quote(name)} came{NearestName.Hint(name, s_byName.Keys)}";
}
