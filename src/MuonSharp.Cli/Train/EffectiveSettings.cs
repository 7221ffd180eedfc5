using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>The whole effective configuration, each key under the place its value comes from, in the form that <c>--set</c> takes.</summary>
internal static class EffectiveSettings
{
    /// <summary>Rows of origin and <c>key=value</c> pairs.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config)
    {
        var library = new TrainingConfig();
        var preset = Presets.Names.Contains(config.Preset, StringComparer.Ordinal) ? TrainingConfig.FromPreset(config.Preset) : library;
        var keys = ConfigKeys.All.Where(key => key.Name != "preset").ToLookup(key =>
            !Same(key.Read(config), key.Read(preset)) ? "given" : !Same(key.Read(preset), key.Read(library)) ? $"preset {config.Preset}" : "default");
        return keys.OrderBy(group => group.Key switch { "given" => 0, "default" => 2, _ => 1 })
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
