using System.Text.Json.Nodes;
using MuonSharp.Cli.Experiments;
using MuonSharp.Cli.Output;
using MuonSharp.Experiments;

namespace MuonSharp.Cli.Compare;

/// <summary>A comparison as JSON Lines, <c>kind</c> first.</summary>
internal sealed class JsonView : IExperimentView<ComparisonPlan, ComparisonEvent, ComparisonResult>
{
    /// <inheritdoc/>
    public void Begin(ComparisonPlan plan, string folder) => JsonLines.Write(new JsonObject
    {
        ["kind"] = "start",
        ["version"] = Product.Version,
        ["run"] = folder,
        ["optimizers"] = new JsonArray([.. plan.Entries.Select(entry => (JsonNode)entry.Label)]),
        ["steps"] = plan.Steps,
        ["seeds"] = new JsonArray([.. plan.Seeds.Select(seed => (JsonNode)seed)]),
    });

    /// <inheritdoc/>
    public void Show(ComparisonEvent happened)
    {
        switch (happened)
        {
            case ComparisonRunStarted started:
                JsonObject line = Job("run-started", started.Job);
                line["step"] = started.Step;
                JsonLines.Write(line);
                break;
            case ComparisonRunFinished finished:
                JsonLines.Write(ExperimentLines.Finished(Job("run-finished", finished.Job), finished.Run, finished.WasThere));
                break;
            case ComparisonMeasuring measuring:
                JsonLines.Write(new JsonObject { ["kind"] = "measuring", ["round"] = measuring.Round, ["rounds"] = measuring.Rounds });
                break;
        }
    }

    /// <inheritdoc/>
    public void Stopping() => JsonLines.Write(new JsonObject { ["kind"] = "stopping" });

    /// <inheritdoc/>
    public void End(ComparisonResult result, string folder)
    {
        JsonObject json = ComparisonJson.Write(result, runs: false);
        json.Insert(0, "kind", "comparison");
        json["run"] = folder;
        JsonLines.Write(json);
    }

    private static JsonObject Job(string kind, ComparisonJob job) => new()
    {
        ["kind"] = kind,
        ["optimizer"] = job.Task.Optimizer,
        ["purpose"] = job.Task.Purpose == ComparisonPurpose.Sweep ? "sweep" : "budget",
        ["learning_rate"] = job.Task.LearningRate,
        ["steps"] = job.Task.Steps,
        ["seed"] = job.Seed,
        ["threads"] = job.Threads,
    };
}
