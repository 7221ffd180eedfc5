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
            .Key("preset", Text, c => c.Preset, (c, v) => c with { Preset = v }, "the preset that the configuration starts from; of several files the first that names one", free: true),
        .. ModelSection.Keys,
        .. ImageSection.Keys,
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

    private static readonly Dictionary<string, string> s_bySynonym =
        All.SelectMany(key => key.Synonyms.Select(word => (word, key.Name))).ToDictionary(pair => pair.word, pair => pair.Name, StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> s_groups = new(
        All.SelectMany(key => key.Name.Select((letter, at) => letter == '.' ? key.Name[..at] : "")).Where(group => group.Length > 0), StringComparer.Ordinal);

    /// <summary>The key of that name; null when there is none.</summary>
    /// <param name="name">A dotted name.</param>
    public static ConfigKey? Find(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>The key that somebody most likely means by a name: by its meaning (<c>lr</c>, <c>batch_size</c>, <c>epochs</c>) or by its spelling; null when nothing is near.</summary>
    /// <param name="typed">What was written, as a key or as an option: <c>learning-rate</c>, <c>--lr</c>, <c>optimzer</c>.</param>
    /// <returns>A name that <see cref="Find(string)"/> knows, or that of a group of keys such as <c>optimizer</c>.</returns>
    public static string? Suggest(string typed) => Meant(typed)?.Name ?? NearestName.Of(typed.TrimStart('-'), s_byName.Keys.Concat(s_groups));

    /// <summary>The key that a name stands for without a doubt about its spelling: itself, its last part, or what others call it; null when it is none of these.</summary>
    /// <param name="typed">What was written, as a key or as an option.</param>
    public static ConfigKey? Meant(string typed)
    {
        string name = typed.TrimStart('-');
        return Find(name)
            ?? All.FirstOrDefault(key => key.UsedWhen != ImageSection.IsOn && key.Name.EndsWith('.' + name, StringComparison.OrdinalIgnoreCase))
            ?? Synonym(name)
            ?? Synonym(name[(name.LastIndexOf('.') + 1)..])
            ?? All.FirstOrDefault(key => Plain(key.Name[(key.Name.LastIndexOf('.') + 1)..]).Equals(Plain(name), StringComparison.OrdinalIgnoreCase));
    }

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

    /// <summary>What is wrong with a name that is no key, and the one that was meant.</summary>
    internal static string Unknown(string name) =>
        $"a key must be a known one; {OneLine.Quote(name)} came{(Suggest(name) is { } meant && meant != name ? $"; did you mean '{meant}'?" : "")}";

    private static ConfigKey? Synonym(string word) => s_bySynonym.TryGetValue(Plain(word), out string? name) ? Find(name) : null;

    /// <summary>A word without what people put between its parts.</summary>
    private static string Plain(string word) => string.Concat(word.Where(char.IsLetterOrDigit));
}
