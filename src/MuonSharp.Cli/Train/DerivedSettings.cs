using MuonSharp.Formats;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>What follows from the configuration, each number with its reason.</summary>
internal static class DerivedSettings
{
    /// <summary>Rows of name, value and reason.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config, LanguageTask task, TrainerDescription description)
    {
        (ModelSection model, TrainSection train, OptimizerSection optimizer) = (config.Model, config.Train, config.Optimizer);
        long tokens = config.TokensPerStep * train.Steps;
        yield return ["tokens per step", Amount.Count(config.TokensPerStep), $"batch {train.Batch} x accumulation {train.Accumulation} x context {model.Context}"];
        yield return ["tokens in all", Amount.Count(tokens), $"{Amount.Of(train.Steps, "step")}, {Banner.Times((double)tokens / task.Training.Length)} through the text"];
        if (task.Tokenizer is { } tokenizer && task.Model.Config.Vocabulary != tokenizer.VocabularySize)
        {
            yield return ["vocabulary", Amount.Count(task.Model.Config.Vocabulary), $"as set; the text uses {tokenizer.VocabularySize} of it"];
        }

        if (model.HeadWidth is null)
        {
            yield return ["head width", $"{task.Model.Config.EffectiveHeadWidth}", $"width {model.Width} over {Amount.Of(model.Heads, "head")}"];
        }

        if (model.KeyValueHeads is null)
        {
            yield return ["key and value heads", $"{model.Heads}", "as many as heads"];
        }

        if (model.HiddenWidth is null)
        {
            yield return ["hidden width", $"{task.Model.Config.EffectiveHiddenWidth}",
                model.Activation == "swiglu" ? "8/3 x width, rounded up: swiglu has three matrices where others have two" : "4 x width"];
        }

        if (optimizer.LearningRate is null)
        {
            yield return ["learning rate", Amount.Rate(optimizer.EffectiveLearningRate), $"the default of {optimizer.Name}"];
        }

        foreach (ParameterGroup group in description.Plan.Groups)
        {
            if (string.Join("  ", Unset(group, config)) is { Length: > 0 } options)
            {
                yield return [$"options of {group.Name}", group.Options.OptimizerName, $"where none are set: {options}"];
            }
        }

        if (config.QkClip.Tau is null)
        {
            yield return config.QkClip.EffectiveTau(model) is { } tau
                ? ["qk-clip", $"{tau}", "the default"]
                : ["qk-clip", "off", "heads share the gains of their norms, so none can be scaled alone"];
        }

        yield return ["memory", Amount.Bytes(description.Memory.Total), MemoryLine.Of(description.Memory)];
        yield return ["threads", $"{description.Threads}", train.Threads is null ? "one per core" : "as asked"];
        yield return ["schedule", optimizer.Schedule.Name, Course.Of(optimizer, train.Steps, description.GreatestRateFactor)];
    }

    /// <summary>The options in force of those that have no value of their own in the configuration.</summary>
    private static IEnumerable<string> Unset(ParameterGroup group, TrainingConfig config)
    {
        foreach (OptionKey option in OptimizerDescriptors.Find(group.Options.OptimizerName)?.Keys.Where(static option => option.Name != "learningRate") ?? [])
        {
            ConfigKey? key = ConfigKeys.Find($"optimizer.{(group.Name == "auxiliary" ? "auxiliary." : "")}{option.Name}") ?? ConfigKeys.Find($"optimizer.{option.Name}");
            if (key is not null && key.Read(config) is null && option.Read(group.Options) is { } value)
            {
                yield return $"{option.Name}={OneLine.Short(value.ToString())}";
            }
        }
    }
}
