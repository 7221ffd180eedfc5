using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>What a run says after its last step: how it ended, where everything is, and what to do next.</summary>
internal static class Summary
{
    /// <summary>Writes it.</summary>
    public static void Show(Terminal terminal, Trainer trainer, EndEvent end)
    {
        var run = trainer.RunFolder;
        terminal.Line();
        terminal.Line(Headline(end, trainer.Config.Train.Steps), end.Outcome == TrainingOutcome.Cancelled ? Style.Warning : Style.Good);
        List<IReadOnlyList<string>> rows = [];
        if (double.IsFinite(end.SmoothedLoss))
        {
            rows.Add(["training loss", $"{Amount.Loss(end.SmoothedLoss)} nats per token (smoothed)"]);
        }

        if (end.Validation is { } validation)
        {
            rows.Add(["held-out loss", $"{Amount.Loss(validation.Loss)} nats per token, {Amount.Loss(validation.BitsPerByte)} bits per byte"]);
        }

        if (run is not null)
        {
            rows.Add(["run folder", run]);
        }

        terminal.Columns(rows, Style.Label);
        if (run is not null)
        {
            terminal.Line();
            terminal.Line("next:", Style.Label);
            foreach (var command in Next(end.Outcome, ShellQuoted(run)))
            {
                terminal.Line($"  {command}");
            }
        }
    }

    private static string Headline(EndEvent end, int steps) => end.Outcome switch
    {
        TrainingOutcome.Cancelled => $"stopped after step {Amount.Count(end.Step)} of {Amount.Count(steps)}; the checkpoint is written",
        TrainingOutcome.AlreadyFinished => $"nothing to do: the run has done all of its {Amount.Of(end.Step, "step")}",
        _ => $"done: {Amount.Of(end.Step, "step")} in {Amount.Time(end.Elapsed)}",
    };

    private static string[] Next(TrainingOutcome outcome, string run) => outcome == TrainingOutcome.Cancelled
        ? [$"{ToolInvocation.Prefix} train --run {run} --resume", $"{ToolInvocation.Prefix} generate --run {run}"]
        : [$"{ToolInvocation.Prefix} generate --run {run} --tokens 500", $"{ToolInvocation.Prefix} evaluate --run {run}"];

    private static string ShellQuoted(string path) =>
        path.All(letter => char.IsLetterOrDigit(letter) || "/._-+:\\".Contains(letter, StringComparison.Ordinal)) ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
