using System.Text.Json.Nodes;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Report;
using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Cli.Reproduce;

/// <summary>One way to show a reproduction: to a person, or to a program.</summary>
internal interface IReproduceView
{
    /// <summary>All claims.</summary>
    void List();

    /// <summary>Before the first run.</summary>
    void Begin(Claim claim, string folder);

    /// <summary>Something happened.</summary>
    void Show(ClaimEvent happened);

    /// <summary>The user asked to stop; the step in progress is finished first.</summary>
    void Stopping();

    /// <summary>It was stopped.</summary>
    void Stopped(string folder);

    /// <summary>All is done.</summary>
    void End(Claim claim, ClaimResult result, string file, string? picture);
}

/// <summary>As text: a line for each run that is done, and on a terminal one that is drawn over.</summary>
internal sealed class TextView(Terminal terminal) : IReproduceView
{
    private readonly ExperimentLines _lines = new(terminal);

    /// <inheritdoc/>
    public void List()
    {
        foreach (Claim claim in Claims.All)
        {
            terminal.Line($"{claim.Name}  {claim.Title}", Style.Strong);
            terminal.Columns([["", "goal", claim.Goal], ["", "what is run", claim.Method]], Style.Plain, Style.Label);
            terminal.Line();
        }
    }

    /// <inheritdoc/>
    public void Begin(Claim claim, string folder)
    {
        terminal.Line($"MuonSharp {Product.Version}", Style.Strong);
        terminal.Columns([["claim", claim.Statement], ["goal", claim.Goal], ["what is run", claim.Method], ["folder", folder]], Style.Label);
        terminal.Line();
    }

    /// <inheritdoc/>
    public void Show(ClaimEvent happened)
    {
        switch (happened)
        {
            case ClaimNote note:
                terminal.Line(note.Text, Style.Label);
                break;
            case ClaimRunFinished { Run: var run } finished:
                terminal.Line($"{Place(finished.Group, run.Task, finished.Seed)}  {(run.Diverged ? "diverged" : $"loss {Amount.Loss(run.FinalLoss)}")}"
                    + (run.Accuracy is { } accuracy ? $"  accuracy {Amount.Percent(accuracy)}" : "") + (finished.WasThere ? "  (was there)" : ""),
                    run.Diverged ? Style.Warning : Style.Plain);
                break;
            case ClaimRunProgress { Happened: NoticeEvent notice }:
                terminal.Line($"note: {notice.Message}", Style.Warning);
                break;
            case ClaimRunProgress { Happened: StepEvent step } progress when _lines.IsDue:
                _lines.Progress(Place(progress.Group, progress.Task, progress.Seed), $"step {Amount.Count(step.Step)}", $"loss {Amount.Loss(step.SmoothedLoss)}", $"left of this run {Amount.Time(step.Remaining)}");
                break;
        }
    }

    /// <inheritdoc/>
    public void Stopping() => _lines.Stopping();

    /// <inheritdoc/>
    public void Stopped(string folder) => _lines.Stopped(folder);

    /// <inheritdoc/>
    public void End(Claim claim, ClaimResult result, string file, string? picture)
    {
        terminal.Line();
        terminal.Table(Compare.TextView.ForTerminal(result.Rows.Prepend(result.Titles)));
        terminal.Line();
        terminal.Line(ClaimSection.Text(result.Verdict), result.Verdict == ClaimVerdict.Met ? Style.Good : Style.Warning);
        foreach (string finding in result.Findings)
        {
            terminal.Line(finding);
        }

        terminal.Line();
        terminal.Columns([["goal", claim.Goal], ["written", file]], Style.Label);
        if (picture is not null)
        {
            terminal.Whole($"picture  {FileLink.Of(picture)}");
        }
    }

    private static string Place(string group, ComparisonTask task, int seed) =>
        $"{group}  {task.Optimizer}  lr {Amount.Rate(task.LearningRate)}  {Amount.Count(task.Steps)} steps  seed {seed}";
}

/// <summary>As JSON Lines, <c>kind</c> first.</summary>
internal sealed class JsonView : IReproduceView
{
    /// <inheritdoc/>
    public void List()
    {
        foreach (Claim claim in Claims.All)
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "claim",
                ["name"] = claim.Name,
                ["title"] = claim.Title,
                ["statement"] = claim.Statement,
                ["source"] = claim.Source,
                ["goal"] = claim.Goal,
                ["method"] = claim.Method,
            });
        }
    }

    /// <inheritdoc/>
    public void Begin(Claim claim, string folder) => JsonLines.Write(new JsonObject { ["kind"] = "start", ["version"] = Product.Version, ["claim"] = claim.Name, ["run"] = folder });

    /// <inheritdoc/>
    public void Show(ClaimEvent happened)
    {
        switch (happened)
        {
            case ClaimNote note:
                JsonLines.Write(new JsonObject { ["kind"] = "note", ["text"] = note.Text });
                break;
            case ClaimRunFinished { Run: var run } finished:
                JsonLines.Write(new JsonObject
                {
                    ["kind"] = "run-finished",
                    ["group"] = finished.Group,
                    ["optimizer"] = run.Task.Optimizer,
                    ["learning_rate"] = run.Task.LearningRate,
                    ["steps"] = run.Task.Steps,
                    ["seed"] = finished.Seed,
                    ["final_loss"] = run.Diverged ? null : run.FinalLoss,
                    ["was_there"] = finished.WasThere,
                });
                break;
        }
    }

    /// <inheritdoc/>
    public void Stopping() => JsonLines.Write(new JsonObject { ["kind"] = "stopping" });

    /// <inheritdoc/>
    public void Stopped(string folder) => JsonLines.Write(new JsonObject { ["kind"] = "stopped", ["run"] = folder });

    /// <inheritdoc/>
    public void End(Claim claim, ClaimResult result, string file, string? picture) => JsonLines.Write(new JsonObject
    {
        ["kind"] = "result",
        ["claim"] = claim.Name,
        ["verdict"] = result.Verdict switch { ClaimVerdict.Met => "met", ClaimVerdict.Missed => "missed", _ => "open" },
        ["findings"] = new JsonArray([.. result.Findings.Select(finding => (JsonNode)finding)]),
        ["titles"] = new JsonArray([.. result.Titles.Select(title => (JsonNode)title)]),
        ["rows"] = new JsonArray([.. result.Rows.Select(row => (JsonNode)new JsonArray([.. row.Select(cell => (JsonNode)cell)]))]),
        ["results"] = file,
        ["picture"] = picture,
    });
}
