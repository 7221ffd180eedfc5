using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>Finds the keys that somebody changed and the chosen optimizer or schedule does not read: no mistake by the rules, but not what was meant.</summary>
internal static class UnusedKeys
{
    private const string Group = "optimizer.";
    private const string Preset = Group + "preset";

    private const string Auxiliary = Group + "auxiliary.";

    /// <summary>One line for each such key; changed is what differs from the preset that the configuration started from.</summary>
    public static IReadOnlyList<string> Remarks(TrainingConfig config)
    {
        TrainingConfig start = Presets.Names.Contains(config.Preset, StringComparer.Ordinal) ? TrainingConfig.FromPreset(config.Preset) : new();
        (string name, string schedule) = (config.Optimizer.Name, config.Optimizer.Schedule.Name);
        return
        [
            .. OfOptimizer(name, config.Optimizer.Preset != start.Optimizer.Preset).Where(Changed).Select(key => Remark(key, $"optimizer '{name}'")),
            .. OfSchedule(schedule).Where(Changed).Select(key => Remark(key, $"schedule '{schedule}'")),
        ];

        bool Changed(string key) => ConfigKeys.Find(key) is { } known && !JsonNode.DeepEquals(known.Read(config), known.Read(start));
    }

    private static string Remark(string key, string reader) => $"[config] {key} is set, but the {reader} does not use it";

    /// <summary>The keys that an optimizer does not read. A preset brings the numbers of AdamW's share along: nobody set those; SGD has such numbers alone from it.</summary>
    private static IEnumerable<string> OfOptimizer(string name, bool presetChanged) => ConfigKeys.All.Select(key => key.Name).Where(key =>
        key == Preset ? name == "sgd" : !OptimizerKeys.Uses(name, key) && !(presetChanged && key.StartsWith(Auxiliary, StringComparison.Ordinal)));

    private static IEnumerable<string> OfSchedule(string name) => name switch
    {
        "constant" => [Group + "schedule.decayShare", Group + "schedule.floor"],
        "linear" or "cosine" => [Group + "schedule.decayShare"],
        _ => [],
    };
}
