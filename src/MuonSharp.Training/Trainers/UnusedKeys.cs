using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>Finds the keys that somebody changed and the chosen optimizer or schedule does not read: no mistake by the rules, but not what was meant.</summary>
internal static class UnusedKeys
{
    private const string Group = "optimizer.";
    private const string Preset = Group + "preset";

    private static readonly string[] s_momentum = [Group + "momentum", Group + "momentumWarmup"];

    private static readonly string[] s_moments = [Group + "auxiliary.beta1", Group + "auxiliary.beta2", Group + "auxiliary.epsilon"];

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

    /// <summary>The keys that an optimizer does not read. A preset brings the numbers of the moments along: nobody set those.</summary>
    private static IEnumerable<string> OfOptimizer(string name, bool presetChanged) => name switch
    {
        "adamw" or "soap" or "shampoo" => [Group + "orthogonalizer", .. s_momentum],
        "sgd" => [Preset, Group + "orthogonalizer", .. presetChanged ? [] : s_moments],
        _ => [],
    };

    private static IEnumerable<string> OfSchedule(string name) => name switch
    {
        "constant" => [Group + "schedule.decayShare", Group + "schedule.floor"],
        "linear" or "cosine" => [Group + "schedule.decayShare"],
        _ => [],
    };
}
