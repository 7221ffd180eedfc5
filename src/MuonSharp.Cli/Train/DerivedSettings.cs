using System.Text.Json.Nodes;
using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>Every number of a run with its reason: the configuration's own keys, and what follows from them.</summary>
internal static class DerivedSettings
{
    /// <summary>Rows of name, value and reason.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config, TrainerDescription description)
    {
        var standard = Presets.Names.Contains(config.Preset, StringComparer.Ordinal) ? TrainingConfig.FromPreset(config.Preset) : new TrainingConfig();
        foreach (var row in Derived(config, description))
        {
            yield return row;
        }

        foreach (var key in ConfigKeys.All.Where(key => key.Name != "preset"))
        {
            var value = key.Read(config);
            if (value is not null)
            {
                yield return [key.Name, Text(value), Same(value, key.Read(standard)) ? Origin(config) : $"given ({Origin(config)} has {Text(key.Read(standard))})"];
            }
        }
    }

    private static IEnumerable<IReadOnlyList<string>> Derived(TrainingConfig config, TrainerDescription description)
    {
        var (model, train, optimizer, schedule) = (config.Model, config.Train, config.Optimizer, config.Optimizer.Schedule);
        var tokens = config.TokensPerStep * train.Steps;
        yield return ["tokens per step", Amount.Count(config.TokensPerStep), $"batch {train.Batch} x accumulation {train.Accumulation} x context {model.Context}"];
        yield return ["tokens in all", Amount.Count(tokens), $"{Amount.Count(train.Steps)} steps, {(double)tokens / description.TrainingTokens:0.##} times through the text"];
        yield return ["head width", $"{model.Width / model.Heads}", $"width {model.Width} over {model.Heads} heads"];
        if (model.HiddenWidth == 0)
        {
            yield return model.Activation == "swiglu"
                ? ["hidden width", "8/3 of width", "swiglu has three matrices where others have two"]
                : ["hidden width", $"{4 * model.Width}", "4 x width"];
        }

        if (optimizer.LearningRate is null)
        {
            yield return ["learning rate", Amount.Rate(optimizer.EffectiveLearningRate), $"the default of {optimizer.Name}"];
        }

        yield return ["schedule", schedule.Name, ScheduleReason(schedule, train.Steps)];
    }

    private static string ScheduleReason(ScheduleSettings schedule, int steps)
    {
        var start = schedule.Warmup > 0 ? $"up over {schedule.Warmup} steps" : "full from the first step";
        return schedule.Name switch
        {
            "constant" => start,
            "warmup-stable-decay" => $"{start}, down to {Amount.Number(schedule.Floor)} from step {Amount.Count((long)Math.Round(steps * (1 - schedule.DecayShare)))} on",
            _ => $"{start}, then down to {Amount.Number(schedule.Floor)} at step {Amount.Count(steps)}",
        };
    }

    private static string Origin(TrainingConfig config) => config.Preset.Length == 0 ? "default" : $"preset {config.Preset}";

    private static bool Same(JsonNode value, JsonNode? standard) => JsonNode.DeepEquals(value, standard);

    private static string Text(JsonNode? value) => value switch
    {
        null => "none",
        JsonValue text when text.TryGetValue<string>(out var plain) => plain.Length == 0 ? "(empty)" : plain.ReplaceLineEndings("\\n"),
        _ => value.ToJsonString(),
    };
}
