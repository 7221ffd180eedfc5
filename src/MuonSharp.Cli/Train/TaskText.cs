using System.Globalization;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>What is said of a run differently by task: losses with their unit, evaluations, how often the data is gone through, what comes next.</summary>
internal static class TaskText
{
    /// <summary>A loss with its unit.</summary>
    public static string Loss(ITrainingTask task, double loss) => double.IsFinite(loss) ? $"{Amount.Loss(loss)} nats per {(task is LanguageTask ? "token" : "image")}" : "not finite";

    /// <summary>The numbers of an evaluation.</summary>
    public static string Of(ITrainingTask task, Evaluation result) => task is LanguageTask
        ? Loss(task, result["val_loss"] ?? double.NaN) + (result["bits_per_byte"] is { } bits && double.IsFinite(bits) ? $", {Amount.Loss(bits)} bits per byte" : "")
        : string.Join(", ", result.Numbers.Select(number => number.Name == "val_loss" ? Loss(task, number.Value) : $"{number.Name.Replace('_', ' ')} {Percent(number.Value)}"));

    /// <summary>A share as a percentage with two decimals.</summary>
    public static string Percent(double share) => double.IsFinite(share) ? string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.00} %") : "not finite";

    /// <summary>The rows of a banner about data and model.</summary>
    public static IEnumerable<IReadOnlyList<string>> Facts(Trainer trainer) => trainer.Task is LanguageTask task
        ?
        [
            ["data", $"{task.Source}: {Amount.Count(task.Training.Length)} tokens to train on, {Amount.Count(task.HeldOut!.Length)} held out"],
            ["model", LanguageModel(task, trainer.Description)],
            .. trainer.Description.Facts.Where(fact => fact.Name == "weights").Select(fact => (string[])[fact.Name, fact.Value]),
        ]
        : [.. trainer.Description.Facts.Select(fact => (string[])[fact.Name, fact.Value]), ["model", ImageModel(trainer)]];

    /// <summary>The length of a run.</summary>
    public static string Length(Trainer trainer)
    {
        (long units, int steps) = (trainer.Description.UnitsPerStep, trainer.Settings.Steps);
        (string unit, string data, double length) = trainer.Task is LanguageTask language ? ("token", "text", (double)language.Training.Length) : ("image", "images", ((ImageTask)trainer.Task).Training.Count);
        return $"{Amount.Count(steps)} of {Amount.Of(units, unit)}, {Banner.Times(units * (double)steps / length)} through the {data}";
    }

    /// <summary>Commands to go on with.</summary>
    public static string[] Next(ITrainingTask task, bool cancelled, string run, string best) => (task is ImageTask, cancelled) switch
    {
        (false, true) => [$"{ToolInvocation.Prefix} train --run {run} --resume", $"{ToolInvocation.Prefix} generate --run {run}{best}"],
        (false, false) => [$"{ToolInvocation.Prefix} generate --run {run}{best} --tokens 500", $"{ToolInvocation.Prefix} evaluate --run {run}{best}"],
        (true, true) => [$"{ToolInvocation.Prefix} train --run {run} --resume"],
        (true, false) => [$"{ToolInvocation.Prefix} classify --run {run}{best} picture.png"],
    };

    private static string LanguageModel(LanguageTask task, TrainerDescription description)
    {
        Nn.LanguageModelConfig model = task.Model.Config;
        return $"{Amount.Of(description.Parameters, "weight")}: {Amount.Of(model.Layers, "layer")}, {Amount.Of(model.Heads, "head")}, width {model.Width}, context {model.Context}, "
            + $"vocabulary {Amount.Count(model.Vocabulary)}{(task.Tokenizer is { } tokenizer ? $" ({tokenizer.Kind})" : "")}";
    }

    private static string ImageModel(Trainer trainer)
    {
        ImageSection image = trainer.Config!.Image;
        return $"{Amount.Of(trainer.Description.Parameters, "weight")}: {image.Network}, widths {image.Widths ?? string.Join(',', ImageNetworks.WidthsOf(image.Network!))}";
    }
}
