using System.Text.Json.Nodes;
using MuonSharp.Cli.Experiments;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Report;
using MuonSharp.Cli.Train;
using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Cli.Sweeps;

/// <summary>A sweep as text: a line for each run that is done, and on a terminal one that is drawn over.</summary>
internal sealed class TextView(Terminal terminal) : IExperimentView<SweepPlan, SweepEvent, SweepResult>
{
    private readonly ExperimentLines _lines = new(terminal);
    private SweepPlan? _plan;
    private int[] _widths = [];
    private int _number;

    /// <inheritdoc/>
    public void Begin(SweepPlan plan, string folder)
    {
        _plan = plan;
        _widths = [.. plan.Names.Select((_, axis) => plan.Points.Max(point => point.Values[axis].Length))];
        int[] threads = [.. plan.Runs.Select(run => run.Threads).Distinct().Order()];
        terminal.Line($"MuonSharp {Product.Version}", Style.Strong);
        terminal.Columns(
        [
            ["folder", folder],
            ["data", string.Join(", ", plan.Data.Select(data => data.Source))],
            .. plan.Options.Axes.Select((axis, number) => (string[])[plan.Names[number], string.Join(", ", axis.Values)]),
            ["runs", $"{Amount.Of(plan.Points.Count, "point")}, seeds {string.Join(", ", plan.Seeds)}"],
            ["threads", $"{plan.Threads}, of a run {string.Join(" to ", threads.Length > 1 ? [threads[0], threads[^1]] : threads)}"],
        ], Style.Label);
        terminal.Line();
        terminal.Line("settings that all runs have in common (the defaults are in the page)", Style.Strong);
        terminal.Columns(EffectiveSettings.Of(plan.Shared).Where(row => row[0] != $"{ConfigOrigin.Default}"), Style.Label);
        terminal.Line();
    }

    /// <inheritdoc/>
    public void Show(SweepEvent happened)
    {
        switch (happened)
        {
            case SweepRunStarted { Step: > 0 } started:
                terminal.Line($"{Place(started.Run)}  goes on after step {Amount.Count(started.Step)}", Style.Label);
                break;
            case SweepRunProgress { Happened: NoticeEvent notice }:
                terminal.Line($"note: {notice.Message}", Style.Warning);
                break;
            case SweepRunFinished { Trained: var run } finished:
                terminal.Line(
                    $"run {(++_number).ToString().PadLeft($"{_plan!.Runs.Count}".Length)} of {_plan.Runs.Count}  {Place(finished.Run)}  {(run.Diverged ? "diverged" : $"loss {Amount.Loss(run.FinalLoss)}")}"
                    + (run.Accuracy is { } accuracy ? $"  accuracy {ComparisonTable.Percent(accuracy)}" : "") + (finished.WasThere ? "  (was there)" : ""),
                    run.Diverged ? Style.Warning : Style.Plain);
                break;
            case SweepRunProgress { Happened: StepEvent step } progress when _lines.IsDue:
                _lines.Progress(
                    $"{progress.Progress.Done} of {Amount.Of(_plan!.Runs.Count, "run")} done, {progress.Progress.Going} going on", $"left about {Amount.Time(progress.Progress.Remaining)}",
                    $"{Place(progress.Run)}  step {Amount.Count(step.Step)}  loss {Amount.Loss(step.SmoothedLoss)}");
                break;
        }
    }

    /// <inheritdoc/>
    public void Stopping() => _lines.Stopping();

    /// <inheritdoc/>
    public void End(SweepResult result, string folder)
    {
        terminal.Line();
        if (!result.Complete)
        {
            _lines.Stopped(folder);
            return;
        }

        terminal.Table(Compare.TextView.ForTerminal(SweepTable.Of(result)));
        terminal.Line();
        foreach (string sentence in SweepVerdict.Sentences(result))
        {
            terminal.Line(sentence);
        }

        terminal.Line();
        terminal.Columns([["folder", folder], ["numbers", Path.Combine(folder, "results.json")]], Style.Label);
        terminal.Whole($"page     {FileLink.Of(Path.Combine(folder, RunReport.FileName))}");
        if (SweepVerdict.Command(result, folder) is { } command)
        {
            terminal.Line();
            terminal.Line("a run of the best point again:", Style.Label);
            terminal.Whole($"  {ToolInvocation.Prefix} {command}");
        }
    }

    /// <summary>Which run: its values and seed, those of all runs in the same columns.</summary>
    private string Place(SweepRun run) =>
        string.Join("  ", _plan!.Names.Select((name, axis) => $"{name} {run.Point.Values[axis].PadRight(_widths[axis])}")) + (_plan.Seeds.Count > 1 ? $"  seed {run.Seed}" : "");
}

/// <summary>A sweep as JSON Lines, <c>kind</c> first.</summary>
internal sealed class JsonView : IExperimentView<SweepPlan, SweepEvent, SweepResult>
{
    private SweepPlan? _plan;

    /// <inheritdoc/>
    public void Begin(SweepPlan plan, string folder)
    {
        _plan = plan;
        JsonLines.Write(new JsonObject
        {
            ["kind"] = "start",
            ["version"] = Product.Version,
            ["run"] = folder,
            ["keys"] = new JsonArray([.. plan.Keys.Select(key => (JsonNode)key)]),
            ["runs"] = plan.Runs.Count,
        });
    }

    /// <inheritdoc/>
    public void Show(SweepEvent happened)
    {
        switch (happened)
        {
            case SweepRunStarted started:
                JsonObject line = Line("run-started", started.Run);
                line["step"] = started.Step;
                JsonLines.Write(line);
                break;
            case SweepRunFinished finished:
                JsonLines.Write(ExperimentLines.Finished(Line("run-finished", finished.Run), finished.Trained, finished.WasThere));
                break;
        }
    }

    /// <inheritdoc/>
    public void Stopping() => JsonLines.Write(new JsonObject { ["kind"] = "stopping" });

    /// <inheritdoc/>
    public void End(SweepResult result, string folder)
    {
        JsonObject json = SweepJson.Write(result, curves: false);
        json.Insert(0, "kind", "sweep");
        json["run"] = folder;
        JsonLines.Write(json);
    }

    private JsonObject Line(string kind, SweepRun run) => new()
    {
        ["kind"] = kind,
        ["settings"] = SweepJson.Settings(_plan!, run.Point),
        ["seed"] = run.Seed,
        ["threads"] = run.Threads,
    };
}
