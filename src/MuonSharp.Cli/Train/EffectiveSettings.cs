using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>The whole effective configuration, each key under the place its value comes from, in the form that <c>--set</c> takes.</summary>
internal static class EffectiveSettings
{
    private const string Given = "given";
    private const string ByComparison = "comparison";
    private const string Default = "default";

    /// <summary>Rows of origin and <c>key=value</c> pairs.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config) => Of(config, ConfigKeys.All, _ => false);

    /// <summary>The same of what the runs of a comparison have in common; what the comparison sets itself is under its name.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(SharedConfiguration shared) => Of(shared.Config, shared.Keys, shared.IsSetByComparison);

    private static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config, IEnumerable<ConfigKey> all, Func<ConfigKey, bool> byComparison)
    {
        var library = new TrainingConfig();
        var preset = Presets.Names.Contains(config.Preset, StringComparer.Ordinal) ? TrainingConfig.FromPreset(config.Preset) : library;
        var keys = all.Where(key => key.Name != "preset").ToLookup(key =>
            byComparison(key) ? ByComparison
            : !Same(key.Read(config), key.Read(preset)) ? Given : !Same(key.Read(preset), key.Read(library)) ? $"preset {config.Preset}" : Default);
        return keys.OrderBy(group => group.Key switch { Given => 0, ByComparison => 1, Default => 3, _ => 2 })
            .Select(group => (string[])[group.Key, string.Join("  ", group.Select(key => $"{key.Name}={Text(key.Read(config))}"))]);
    }

    private static bool Same(JsonNode? value, JsonNode? other) => JsonNode.DeepEquals(value, other);

    private static string Text(JsonNode? value) => value switch
    {
        null => "null",
        JsonValue text when text.TryGetValue<string>(out var plain) => plain.ReplaceLineEndings("\\n"),
        _ => value.ToJsonString().Replace("E-", "e-", StringComparison.Ordinal),
    };
}
