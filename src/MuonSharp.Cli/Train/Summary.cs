using System.Globalization;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Report;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>What a run says after its last step: how it ended, where everything is, and what to do next.</summary>
internal static class Summary
{
    /// <summary>Writes it.</summary>
    public static void Show(Terminal terminal, Trainer trainer, EndEvent end)
    {
        string? run = trainer.RunFolder;
        terminal.Line();
        terminal.Line(Headline(end, trainer.Settings.Steps), end.Outcome == TrainingOutcome.Cancelled ? Style.Warning : Style.Good);
        List<IReadOnlyList<string>> rows = [];
        if (double.IsFinite(end.SmoothedLoss))
        {
            rows.Add(["training loss", $"{TaskText.Loss(trainer.Task, end.SmoothedLoss)} (smoothed)"]);
        }

        if (end.Validation is { } validation)
        {
            rows.Add(["held-out loss", TaskText.Of(trainer.Task, validation)]);
        }

        if (end.Best is { } best && best.Step != end.Step)
        {
            rows.Add(["best held-out", $"{Amount.Loss(best.Number.Value)} at step {Amount.Count(best.Step)}{(end.BestCheckpoint is { } kept ? $", in {kept}" : string.Empty)}"]);
        }

        if (run is not null)
        {
            rows.Add(["run folder", run]);
        }

        terminal.Columns(rows, Style.Label);
        if (run is not null)
        {
            Page(terminal, run);
            terminal.Line();
            terminal.Line("next:", Style.Label);
            foreach (string command in Next(trainer.Task, end, ShellText.Quoted(run)))
            {
                terminal.Whole($"  {command}");
            }
        }
    }

    /// <summary>Of a run that diverged: where its page is, and how it got there.</summary>
    public static void ShowDiverged(Terminal terminal, string run)
    {
        terminal.Line();
        terminal.Columns([["run folder   ", run]], Style.Label);
        Page(terminal, run);
        terminal.Line();
    }

    private static void Page(Terminal terminal, string run)
    {
        terminal.Whole($"report         {FileLink.Of(Path.Combine(run, RunReport.FileName))}");
        string[] lines = [.. TerminalLoss.Of(run, terminal.Width, TerminalLoss.Unicode)];
        foreach (string line in lines.Length == 0 ? lines : ["", .. lines])
        {
            terminal.Line(line);
        }
    }

    private static string Headline(EndEvent end, int steps) => end.Outcome switch
    {
        TrainingOutcome.Cancelled => $"stopped after step {Amount.Count(end.Step)} of {Amount.Count(steps)}; the checkpoint is written",
        TrainingOutcome.AlreadyFinished => $"nothing to do: the run has done all of its {Amount.Of(end.Step, "step")}",
        TrainingOutcome.StoppedEarly when end.StepsDone == 0 => $"nothing to do: the run was ended early after step {Amount.Count(end.Step)}; a greater train.stopAfter, or null, goes on",
        TrainingOutcome.StoppedEarly => $"ended early after step {Amount.Count(end.Step)} of {Amount.Count(steps)}: as many evaluations as train.stopAfter says found nothing better",
        _ when end.StepsDone < end.Step => $"done: {Amount.Of(end.Step, "step")}, {Amount.Count(end.StepsDone)} of them in {Amount.Time(end.Elapsed)}",
        _ => $"done: {Amount.Of(end.Step, "step")} in {Amount.Time(end.Elapsed)}",
    };

    /// <summary>Commands to go on with; where the best model is not the newest, with the best.</summary>
    private static string[] Next(ITrainingTask task, EndEvent end, string run)
    {
        string best = end.BestCheckpoint is not null && end.Best?.Step != end.Step ? " --checkpoint best" : string.Empty;
        return TaskText.Next(task, end.Outcome == TrainingOutcome.Cancelled, run, best);
    }
}

/// <summary>How often a log file gets a line.</summary>
internal static class Interval
{
    private const int Lines = 40;

    /// <summary>The round number of steps (1, 2, 5, 10, 20, ...) that gives at most about forty lines for a run.</summary>
    public static long For(long totalSteps)
    {
        for (long power = 1L; ; power *= 10)
        {
            foreach (long factor in (ReadOnlySpan<long>)[1, 2, 5])
            {
                if (totalSteps <= Lines * factor * power)
                {
                    return factor * power;
                }
            }
        }
    }
}

/// <summary>A profile as a table.</summary>
internal static class ProfileTable
{
    private static readonly TableColumn[] s_columns =
    [
        new("phase"), new("what"), new("sizes", LeaveOut: 2), new("calls", ColumnKind.Number, LeaveOut: 6), new("ms", ColumnKind.Number), new("share", ColumnKind.Number),
        new("GFLOP", ColumnKind.Number, LeaveOut: 4), new("MB", ColumnKind.Number, LeaveOut: 5), new("GFLOP/s", ColumnKind.Number, LeaveOut: 1), new("of peak", ColumnKind.Number),
        new("GB/s", ColumnKind.Number, LeaveOut: 3),
    ];

    /// <summary>What the table is about.</summary>
    public static string Headline(TrainingProfile profile, double peak) =>
        $"where a step's {Amount.Milliseconds(profile.StepMilliseconds)} go: mean of {Amount.Count(profile.Steps)} steps, peak {Number(peak, "0")} GFLOP/s";

    /// <summary>A row for each operation, a sum after each phase of several rows.</summary>
    public static TextTable Of(IEnumerable<ProfileRow> rows, double peak) => new(s_columns, WithSums(rows).Select(row => Cells(row, peak)));

    private static IEnumerable<ProfileRow> WithSums(IEnumerable<ProfileRow> rows)
    {
        foreach (IGrouping<string, ProfileRow> phase in rows.GroupBy(row => row.Phase))
        {
            foreach (ProfileRow? row in phase)
            {
                yield return row;
            }

            if (phase.Count() > 1)
            {
                yield return new ProfileRow(
                    phase.Key, "all", string.Empty, 1, phase.Sum(row => row.Milliseconds), phase.Sum(row => row.Share), phase.Sum(row => row.Flops), phase.Sum(row => row.Bytes));
            }
        }
    }

    private static string[] Cells(ProfileRow row, double peak) =>
    [
        row.Phase,
        row.Name,
        row.Shape,
        Number(row.Calls, "0.#"),
        Number(row.Milliseconds, row.Milliseconds < 10 ? "0.000" : "0.0"),
        $"{Number(100 * row.Share, "0.0")} %",
        row.Flops > 0 ? Number(row.Flops / 1e9, "0.000") : string.Empty,
        row.Bytes > 0 ? Number(row.Bytes / 1e6, "0.0") : string.Empty,
        row.Flops > 0 ? Number(row.Gflops, "0") : string.Empty,
        row.Flops > 0 ? $"{Number(100 * row.Gflops / peak, "0")} %" : string.Empty,
        row.Bytes > 0 ? Number(row.GigabytesPerSecond, "0.0") : string.Empty,
    ];

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
