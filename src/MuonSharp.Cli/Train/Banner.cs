using MuonSharp.Cli.Doctor;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Plan;
using MuonSharp.Formats;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>What a run says before its first step: about ten lines of what one wants to have seen; all the rest on request.</summary>
internal static class Banner
{
    /// <summary>Writes it.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="trainer">The run.</param>
    /// <param name="all">Whether every parameter, every derived number and every setting is shown too.</param>
    /// <param name="ranks">The ranks that train together; null for a process that trains alone.</param>
    public static void Show(Terminal terminal, Trainer trainer, bool all, string? ranks = null)
    {
        var machine = Machine.Look();
        TrainerDescription description = trainer.Description;
        TrainingConfig config = trainer.Config!;
        terminal.Line($"MuonSharp {Product.Version}", Style.Strong);
        terminal.Columns(
        [
            ["machine", $"{machine.Processor}, {machine.Vectors}, {Amount.Of(description.Threads, "thread")}"],
            .. ranks is null ? (string[][])[] : [["ranks", ranks]],
            .. TaskText.Facts(trainer),
            .. description.Plan.Groups.Select(group => (string[])[group.Options.OptimizerName, Share(group, description.GreatestRateFactor)]),
            ["steps", TaskText.Length(trainer)],
            ["rates", Course.Of(config.Optimizer, trainer.Settings.Steps, description.GreatestRateFactor)],
            ["memory", $"{Amount.Bytes(description.Memory.Total)} a step{(ranks is null ? "" : ", of this rank")}"],
            ["run", trainer.RunFolder ?? "in memory"],
            .. Given(config) is { Length: > 0 } given ? (string[][])[["given", given]] : [],
        ], Style.Label);
        foreach (string advice in description.Advice)
        {
            terminal.Line($"note: {advice}", Style.Warning);
        }

        terminal.Line();
        if (all)
        {
            Details(terminal, config, trainer.Task as LanguageTask, description);
        }
    }

    /// <summary>Every parameter, every derived number, every setting.</summary>
    private static void Details(Terminal terminal, TrainingConfig config, LanguageTask? task, TrainerDescription description)
    {
        terminal.Line("who trains what", Style.Strong);
        terminal.Table(PlanTable.Tensors(description.Plan));
        terminal.Line();
        if (task is not null)
        {
            terminal.Line("derived", Style.Strong);
            terminal.Columns(DerivedSettings.Of(config, task, description), Style.Plain, Style.Plain, Style.Label);
            terminal.Line();
        }

        terminal.Line("settings", Style.Strong);
        terminal.Columns(EffectiveSettings.Of(config), Style.Label);
        terminal.Line();
    }

    /// <summary>What an optimizer steps, and the greatest rate that the schedule reaches.</summary>
    private static string Share(ParameterGroup group, double factor)
    {
        double rate = group.Options.LearningRate.Range.Greatest;
        string reached = factor < 1 ? $", of which {Amount.Rate(rate * factor)} is reached" : "";
        string what = group.Name switch { "matrices" => "hidden matrices", "auxiliary" => "all the rest", string name => name };
        return $"{what}: {Amount.Of(group.Parameters.Sum(parameter => (long)parameter.Length), "weight")} in {Amount.Of(group.Parameters.Count, "tensor")}, learning rate {Amount.Rate(rate)}{reached}";
    }

    /// <summary>How often, to two digits that say something: never 0 times.</summary>
    internal static string Times(double times) => times < 0.01 ? "less than 0.01 times" : times < 10 ? $"{Amount.Number(Math.Round(times, 2))} times" : $"{Amount.Count((long)times)} times";

    /// <summary>What was asked for in this run, apart from presets and defaults: files with the number of their keys, and every single key.</summary>
    private static string Given(TrainingConfig config)
    {
        IEnumerable<IGrouping<ConfigOrigin, ConfigKey>> places = ConfigKeys.All.Where(static key => key.Name != "preset").GroupBy(config.OriginOf).ToList();
        return string.Join("  ", places.Where(static place => place.Key.Source == ConfigSource.File).Select(static place => $"{place.Key.Name} ({Amount.Of(place.Count(), "key")})")
            .Concat(places.Where(static place => place.Key.Source is ConfigSource.Option or ConfigSource.Code).SelectMany(static place => place)
                .Select(key => $"{key.Name}={OneLine.Short(key.Text(config))}")));
    }
}

/// <summary>The way of the learning rates over the run, in words.</summary>
internal static class Course
{
    /// <summary>Half a sentence: <c>up over 20 steps, down to 0 from step 1,250 on</c>.</summary>
    /// <param name="optimizer">The settings.</param>
    /// <param name="steps">Steps of the run.</param>
    /// <param name="greatest">The greatest share of its peak that a rate reaches.</param>
    public static string Of(OptimizerSection optimizer, int steps, double greatest)
    {
        ScheduleSection schedule = optimizer.Schedule;
        string start = schedule.Warmup > 0 ? $"up over {Amount.Of(schedule.Warmup, "step")}" : "full from the first step";
        string course = schedule.Name switch
        {
            "constant" => start,
            "warmup-stable-decay" => $"{start}, down to {Amount.Rate(schedule.Floor)} from step {Amount.Count((long)Math.Round(steps * (1 - schedule.DecayShare)))} on",
            _ => $"{start}, then down to {Amount.Rate(schedule.Floor)} at step {Amount.Count(steps)}",
        };
        return greatest < 1 ? $"{course}; {Conflict(schedule, steps)}, so {Amount.Rate(greatest * optimizer.EffectiveLearningRate)} is the most that the rate reaches" : course;
    }

    private static string Conflict(ScheduleSection schedule, int steps) =>
        steps < schedule.Warmup && schedule.Name != "warmup-stable-decay" ? "the run ends within the warm-up" : "warm-up and decay overlap";
}
