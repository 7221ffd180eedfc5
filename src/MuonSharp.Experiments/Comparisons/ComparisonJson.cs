using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A comparison's result as JSON: the content of <c>compare.json</c>.</summary>
public static class ComparisonJson
{
    /// <summary>Value of <c>format</c>.</summary>
    public const string Format = "muonsharp-compare/1";

    /// <summary>Writes a result; numbers that are not finite or not known are null.</summary>
    /// <param name="result">The result.</param>
    /// <param name="runs">Whether to write every run with its curves.</param>
    public static JsonObject Write(ComparisonResult result, bool runs = true)
    {
        ComparisonPlan plan = result.Plan;
        JsonObject json = new()
        {
            ["format"] = Format,
            ["complete"] = result.Complete,
            ["steps"] = plan.Steps,
            [$"{plan.Unit}_per_step"] = plan.UnitsPerStep,
            ["seeds"] = new JsonArray([.. plan.Seeds.Select(seed => (JsonNode)seed)]),
            ["budgets"] = new JsonArray([.. plan.Budgets.Select(budget => (JsonNode)budget)]),
            ["data"] = new JsonObject { ["source"] = plan.DataSource, ["sha256"] = plan.DataSha256 },
            ["target"] = new JsonObject { ["optimizer"] = plan.Entries[0].Label, ["loss"] = Finite(result.TargetLoss), ["standard_error"] = StandardError(result.Rows[0].Best) },
            ["optimizers"] = new JsonArray([.. result.Rows.Zip(plan.Entries, (row, entry) => Row(row, entry, plan))]),
        };
        if (runs)
        {
            json["runs"] = new JsonArray([.. result.Runs.Select(Run)]);
        }

        json["environment"] = result.Environment?.DeepClone();
        json["configuration"] = plan.Shared.ToJson();
        json["base"] = ConfigJson.Write(plan.Base, ResumeRules.Fixed);
        return json;
    }

    private static JsonObject Row(ComparisonRow row, ComparisonEntry entry, ComparisonPlan plan) => WithAccuracies(row.Best, new()
    {
        ["label"] = row.Label,
        ["name"] = entry.Choice.Name,
        ["learning_rate"] = row.Best?.Task.LearningRate,
        ["swept"] = entry.Swept,
        ["learning_rate_at_edge"] = row.BestAtEdge,
        ["final_loss"] = Finite(row.FinalLoss),
        ["standard_error"] = StandardError(row.Best),
        ["least_budget_percent"] = row.LeastBudget?.Task.Percent,
        ["least_budget_steps"] = row.LeastBudget?.Task.Steps,
        ["least_budget_learning_rate"] = row.LeastBudget?.Task.LearningRate,
        ["least_budget_loss"] = row.LeastBudget is { } least ? Finite(least.Loss.Mean) : null,
        ["least_budget_standard_error"] = StandardError(row.LeastBudget),
        ["crossing_step"] = row.CrossingStep,
        ["crossing_percent"] = 100 * row.CrossingStep / plan.Steps,
        ["step_ms"] = row.Timing?.StepMilliseconds,
        ["step_ratio"] = row.Timing?.Ratio,
        ["optimizer_ms"] = row.Timing?.OptimizerMilliseconds,
        ["optimizer_share"] = row.Timing?.OptimizerShare,
        [$"{plan.Unit}_per_second"] = row.Timing?.UnitsPerSecond,
        ["seconds_to_target"] = row.SecondsToTarget,
        ["rounds_ms"] = row.Timing is { } timing ? new JsonArray([.. timing.Rounds.Select(round => (JsonNode)round)]) : null,
        ["settings"] = plan.Describe(entry, row.Best?.Task.LearningRate),
    });

    private static JsonObject Run(ComparisonRun run) => WithAccuracy(run, new()
    {
        ["optimizer"] = run.Task.Optimizer,
        ["purpose"] = run.Task.Purpose == ComparisonPurpose.Sweep ? "sweep" : "budget",
        ["learning_rate"] = run.Task.LearningRate,
        ["seed"] = run.Seed,
        ["steps"] = run.Task.Steps,
        ["percent"] = run.Task.Percent,
        ["diverged"] = run.Diverged,
        ["final_loss"] = Finite(run.FinalLoss),
        ["folder"] = run.Folder,
        ["evaluations"] = Curve(run.Evaluations),
        ["training"] = Curve(run.Training),
    });

    /// <summary>The object with a run's accuracy after its loss; of a language model there is none.</summary>
    public static JsonObject WithAccuracy(TrainedRun run, JsonObject json) => Insert(json, "final_loss", ("accuracy_views", run.AccuracyOfViews), ("accuracy", run.Accuracy));

    /// <summary>The object with mean accuracies after the loss and its standard error, and theirs; of a language model there are none.</summary>
    internal static JsonObject WithAccuracies(SeededRuns? runs, JsonObject json) => Insert(
        json,
        "standard_error",
        ("accuracy_views_standard_error", runs?.AccuracyOfViews?.StandardError),
        ("accuracy_views", runs?.AccuracyOfViews?.Mean),
        ("accuracy_standard_error", runs?.Accuracy?.StandardError),
        ("accuracy", runs?.Accuracy?.Mean));

    private static JsonObject Insert(JsonObject json, string after, params IEnumerable<(string Key, double? Value)> numbers)
    {
        foreach ((string key, double? value) in numbers)
        {
            if (value is { } known)
            {
                json.Insert(json.IndexOf(after) + 1, key, Finite(known));
            }
        }

        return json;
    }

    private static JsonValue? StandardError(SeededRuns? runs) => runs is null ? null : Finite(runs.Loss.StandardError);

    internal static JsonArray Curve(IReadOnlyList<CurvePoint> points) =>
        [.. points.Select(JsonNode (point) => new JsonArray(point.Step, Finite(point.Loss)))];

    internal static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
