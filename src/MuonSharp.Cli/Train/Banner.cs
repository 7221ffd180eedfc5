using MuonSharp.Cli.Doctor;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Plan;
using MuonSharp.Formats;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>What a run says before its first step: machine, data, model, who trains what, and every number with its reason.</summary>
internal static class Banner
{
    /// <summary>Writes it.</summary>
    public static void Show(Terminal terminal, Trainer trainer)
    {
        var machine = Machine.Look();
        TrainerDescription description = trainer.Description;
        TrainingConfig config = trainer.Config!;
        var task = (LanguageTask)trainer.Task;
        terminal.Line($"MuonSharp {Product.Version}", Style.Strong);
        terminal.Columns(
        [
            ["machine", $"{machine.Processor}, {Amount.Of(machine.Cores, "core")}, {machine.Vectors}, {Amount.Of(description.Threads, "thread")}, {machine.Runtime}"],
            ["data", $"{task.Source}: {Amount.Count(task.Training.Length)} tokens to train on, {Amount.Count(task.HeldOut!.Length)} held out, "
                + $"{task.Tokenizer!.VocabularySize} different ones ({task.Tokenizer.Kind})"],
            ["model", $"{Amount.Of(description.Parameters, "weight")}"],
            .. description.Shares.Select(share => (string[])
                ["", $"{Amount.Count(share.Weights)} in {Amount.Of(share.Tensors, "tensor")} by {share.Optimizer}, learning rate {Rate(share.LearningRate, description.GreatestRateFactor)}"]),
            .. description.Facts.Where(fact => fact.Name == "weights").Select(fact => (string[])[fact.Name, fact.Value]),
            ["memory", MemoryLine.Of(description.Memory)],
            ["run", trainer.RunFolder ?? "in memory"],
        ], Style.Label);
        foreach (string advice in description.Advice)
        {
            terminal.Line($"note: {advice}", Style.Warning);
        }

        terminal.Line();
        terminal.Line("who trains what", Style.Strong);
        terminal.Columns(PlanTable.Tensors(description.Plan));
        terminal.Line();
        terminal.Line("derived", Style.Strong);
        terminal.Columns(DerivedSettings.Of(config, task, description), Style.Plain, Style.Plain, Style.Label);
        terminal.Line();
        terminal.Line("settings", Style.Strong);
        terminal.Columns(EffectiveSettings.Of(config), Style.Label);
        terminal.Line();
    }

    /// <summary>The greatest rate that the schedule reaches, and the one that is set where that is another.</summary>
    private static string Rate(double rate, double factor) =>
        factor < 1 ? $"at most {Amount.Rate(rate * factor)} ({Amount.Rate(rate)} is not reached, see schedule)" : Amount.Rate(rate);
}

/// <summary>What follows from the configuration, each number with its reason.</summary>
internal static class DerivedSettings
{
    /// <summary>Rows of name, value and reason.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(TrainingConfig config, LanguageTask task, TrainerDescription description)
    {
        (ModelSection model, TrainSection train, OptimizerSection optimizer) = (config.Model, config.Train, config.Optimizer);
        long tokens = config.TokensPerStep * train.Steps;
        yield return ["tokens per step", Amount.Count(config.TokensPerStep), $"batch {train.Batch} x accumulation {train.Accumulation} x context {model.Context}"];
        yield return ["tokens in all", Amount.Count(tokens), $"{Amount.Of(train.Steps, "step")}, {(double)tokens / task.Training.Length:0.##} times through the text"];
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

        yield return ["threads", $"{description.Threads}", train.Threads is null ? "one per core" : "as asked"];
        yield return ["schedule", optimizer.Schedule.Name, Reason(optimizer, train.Steps, description.GreatestRateFactor)];
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

    private static string Reason(OptimizerSection optimizer, int steps, double greatest)
    {
        ScheduleSection schedule = optimizer.Schedule;
        string start = schedule.Warmup > 0 ? $"up over {Amount.Of(schedule.Warmup, "step")}" : "full from the first step";
        string course = schedule.Name switch
        {
            "constant" => start,
            "warmup-stable-decay" => $"{start}, down to {Amount.Rate(schedule.Floor)} from step {Amount.Count((long)Math.Round(steps * (1 - schedule.DecayShare)))} on",
            _ => $"{start}, then down to {Amount.Rate(schedule.Floor)} at step {Amount.Count(steps)}",
        };
        return greatest < 1 ? $"{course}; {Conflict(schedule, steps)}: the rate reaches {Amount.Rate(greatest * optimizer.EffectiveLearningRate)} at most" : course;
    }

    private static string Conflict(ScheduleSection schedule, int steps) =>
        steps < schedule.Warmup && schedule.Name != "warmup-stable-decay" ? "the run ends within the warm-up" : "warm-up and decay overlap";
}
