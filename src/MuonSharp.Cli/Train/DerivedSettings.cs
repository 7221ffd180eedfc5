using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>What follows from the configuration, each number with its reason.</summary>
internal static class DerivedSettings
{
    /// <summary>Rows of name, value and reason.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config, TrainerDescription description)
    {
        var (model, train, optimizer) = (config.Model, config.Train, config.Optimizer);
        var tokens = config.TokensPerStep * train.Steps;
        yield return ["tokens per step", Amount.Count(config.TokensPerStep), $"batch {train.Batch} x accumulation {train.Accumulation} x context {model.Context}"];
        yield return ["tokens in all", Amount.Count(tokens), $"{Amount.Of(train.Steps, "step")}, {(double)tokens / description.TrainingTokens:0.##} times through the text"];
        if (description.ModelVocabulary != description.Vocabulary)
        {
            yield return ["vocabulary", Amount.Count(description.ModelVocabulary), $"as set; the text uses {description.Vocabulary} of it"];
        }

        yield return ["head width", $"{model.Width / model.Heads}", $"width {model.Width} over {Amount.Of(model.Heads, "head")}"];
        if (model.KeyValueHeads == 0)
        {
            yield return ["key and value heads", $"{model.Heads}", "as many as heads"];
        }

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

        if (config.QkClip.Tau is null)
        {
            yield return config.QkClip.EffectiveTau(model) is { } tau
                ? ["qk-clip", $"{tau}", "the default"]
                : ["qk-clip", "off", "heads share the gains of their norms, so none can be scaled alone"];
        }

        yield return ["threads", $"{description.Threads}", train.Threads == 0 ? "one per core" : "as asked"];
        yield return ["schedule", optimizer.Schedule.Name, Reason(optimizer, train.Steps, description.GreatestRateFactor)];
    }

    private static string Reason(OptimizerSettings optimizer, int steps, double greatest)
    {
        var schedule = optimizer.Schedule;
        var start = schedule.Warmup > 0 ? $"up over {Amount.Of(schedule.Warmup, "step")}" : "full from the first step";
        var course = schedule.Name switch
        {
            "constant" => start,
            "warmup-stable-decay" => $"{start}, down to {Amount.Rate(schedule.Floor)} from step {Amount.Count((long)Math.Round(steps * (1 - schedule.DecayShare)))} on",
            _ => $"{start}, then down to {Amount.Rate(schedule.Floor)} at step {Amount.Count(steps)}",
        };
        return greatest < 1 ? $"{course}; {Conflict(schedule, steps)}: the rate reaches {Amount.Rate(greatest * optimizer.EffectiveLearningRate)} at most" : course;
    }

    private static string Conflict(ScheduleSettings schedule, int steps) =>
        steps < schedule.Warmup && schedule.Name != "warmup-stable-decay" ? "the run ends within the warm-up" : "warm-up and decay overlap";
}
