using MuonSharp.Cli.Experiments;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Report;
using MuonSharp.Cli.Train;
using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Cli.Compare;

/// <summary>A comparison as text: a line for each run that is done, and on a terminal one that is drawn over.</summary>
internal sealed class TextView(Terminal terminal) : IExperimentView<ComparisonPlan, ComparisonEvent, ComparisonResult>
{
    private readonly ExperimentLines _lines = new(terminal);
    private RunPlace _place = new([], 1, 1);

    /// <inheritdoc/>
    public void Begin(ComparisonPlan plan, string folder)
    {
        _place = new(plan.Entries, plan.Steps, plan.Seeds.Count);
        terminal.Line($"MuonSharp {Product.Version}", Style.Strong);
        terminal.Columns(
        [
            ["folder", folder],
            ["data", plan.DataSource],
            ["budget", $"{Amount.Count(plan.Steps)} steps of {Amount.Count(plan.UnitsPerStep)} {plan.Unit}; shorter runs of {string.Join(", ", plan.Budgets)} %"],
            ["target", $"the {(plan.Seeds.Count > 1 ? "mean final loss" : "final loss")} of {plan.Entries[0].Label}"],
            .. plan.Seeds.Count > 1 ? [["seeds", string.Join(", ", plan.Seeds)]] : Array.Empty<string[]>(),
        ], Style.Label);
        terminal.Line();
        terminal.Line("recipes (and on: while the best rate is at an edge)", Style.Strong);
        terminal.Columns(RecipeText.Of(plan));
        terminal.Line();
        terminal.Line("settings that all runs have in common", Style.Strong);
        terminal.Columns(EffectiveSettings.Of(plan.Shared), Style.Label);
        terminal.Line();
    }

    /// <inheritdoc/>
    public void Show(ComparisonEvent happened)
    {
        switch (happened)
        {
            case ComparisonRunStarted started:
                _lines.Restart();
                if (started.Step > 0)
                {
                    terminal.Line($"{_place.Of(started.Job)}  goes on after step {Amount.Count(started.Step)}", Style.Label);
                }

                break;
            case ComparisonRunProgress { Happened: StepEvent step } progress when _lines.IsDue:
                Step(progress, step);
                break;
            case ComparisonRunProgress { Happened: NoticeEvent notice }:
                terminal.Line($"note: {notice.Message}", Style.Warning);
                break;
            case ComparisonRunFinished { Run: var run } finished:
                terminal.Line(
                    $"{_place.Of(finished.Job)}  {(run.Diverged ? "diverged" : $"loss {Amount.Loss(run.FinalLoss)}{Accuracy(run)}")}" + (finished.WasThere ? "  (was there)" : ""),
                    run.Diverged ? Style.Warning : Style.Plain);
                break;
            case ComparisonMeasuring measuring:
                string line = $"timing steps side by side: round {measuring.Round} of {measuring.Rounds}";
                if (terminal.Mode.Live)
                {
                    terminal.Live(line);
                }
                else if (measuring.Round == 0)
                {
                    terminal.Line("timing steps side by side", Style.Label);
                }

                break;
        }
    }

    /// <inheritdoc/>
    public void Stopping() => _lines.Stopping();

    /// <inheritdoc/>
    public void End(ComparisonResult result, string folder)
    {
        terminal.Line();
        if (!result.Complete)
        {
            _lines.Stopped(folder);
            return;
        }

        terminal.Line($"target: loss {(result.Rows[0].Best is { } target ? SeededText.Loss(target.Loss) : Amount.Loss(result.TargetLoss))}, that of {result.Rows[0].Label} in {Amount.Count(result.Plan.Steps)} steps", Style.Good);
        Table(result);
        terminal.Line();
        foreach (string sentence in ComparisonVerdict.Sentences(result))
        {
            terminal.Line(sentence);
        }

        terminal.Line();
        terminal.Columns(
        [
            ["runs", Amount.Count(result.Runs.Count)],
            ["folder", folder],
            ["numbers", Path.Combine(folder, "compare.json")],
        ], Style.Label);
        terminal.Whole($"page     {FileLink.Of(Path.Combine(folder, ComparisonPage.Name))}");
        terminal.Line();
        terminal.Line("the best runs again:", Style.Label);
        foreach ((_, string command) in ComparisonVerdict.Commands(result, folder))
        {
            terminal.Whole($"  {ToolInvocation.Prefix} {command}");
        }
    }

    /// <summary>One table where it fits, two where the terminal is narrow.</summary>
    private void Table(ComparisonResult result)
    {
        TextTable whole = ForTerminal(ComparisonTable.Of(result));
        if (whole.Fits(terminal.Width))
        {
            terminal.Table(whole);
            return;
        }

        terminal.Table(ForTerminal(ComparisonTable.Losses(result)));
        terminal.Line();
        terminal.Table(ForTerminal(ComparisonTable.Times(result)));
    }

    /// <summary>Cells, the header first, as a terminal shows them.</summary>
    internal static TextTable ForTerminal(IEnumerable<IReadOnlyList<string>> cells)
    {
        IReadOnlyList<string>[] rows = [.. cells];
        return new([.. rows[0].Select((title, column) => column == 0 ? new TableColumn(title, Style: Style.Strong) : new TableColumn(title, ColumnKind.Number))], rows.Skip(1));
    }

    private static string Accuracy(TrainedRun run) => run.Accuracy is { } share
        ? $"  accuracy {ComparisonTable.Percent(share)}{(run.AccuracyOfViews is { } views ? $", with views {ComparisonTable.Percent(views)}" : "")}" : "";

    private void Step(ComparisonRunProgress progress, StepEvent step)
    {
        string place = _place.Of(progress.Job), done = $"step {Amount.Count(step.Step)}", loss = $"loss {Amount.Loss(step.SmoothedLoss)}", all = $"about {Amount.Time(progress.Remaining)}";
        if (progress.Going > 1)
        {
            _lines.Progress($"{progress.Going} runs at once", place, done, loss, $"left {all}");
        }
        else
        {
            _lines.Progress(place, done, loss, $"left {Amount.Time(step.Remaining)}, in all {all}", $"{Amount.Milliseconds(step.Metrics.StepMilliseconds)} a step");
        }
    }
}
