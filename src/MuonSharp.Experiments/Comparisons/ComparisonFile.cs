using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The <c>compare.json</c> of a comparison's folder: what it belongs to, and the times that were measured.</summary>
internal sealed class ComparisonFile(string folder, IFileOperations files)
{
    /// <summary>Name of the file.</summary>
    public const string Name = "compare.json";

    public string Path { get; } = System.IO.Path.Combine(folder, Name);

    /// <summary>Writes a result, as a whole or not at all.</summary>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void Write(ComparisonResult result) => ExperimentFolder.Write("compare", Path, files, ComparisonJson.Write(result));

    /// <summary>Takes up what an earlier call has left: checks that it is this comparison's, and returns its times.</summary>
    /// <exception cref="ConfigurationException">The folder holds another comparison, or a run.</exception>
    /// <exception cref="InvalidFileException">The file cannot be read, or is damaged.</exception>
    public MeasuredTimes TakeUp(ComparisonPlan plan)
    {
        if (!File.Exists(Path))
        {
            return new RunFolder(folder).HoldsRun
                ? throw new ConfigurationException($"[compare] {folder}: a comparison needs a folder of its own; this one holds a run")
                : MeasuredTimes.None;
        }

        SavedComparison saved = SavedComparison.Read(Path);
        Check(saved, plan);

        // Ratios are to the first optimizer: beside another one they say nothing.
        return saved.First == plan.Entries[0].Label ? saved.Times : MeasuredTimes.None;
    }

    private void Check(SavedComparison saved, ComparisonPlan plan)
    {
        Same("steps", saved.Steps, plan.Steps);
        Same($"the {(plan.OfImages ? "images'" : "text's")} SHA-256", saved.DataSha256, plan.DataSha256);
        try
        {
            ResumeRules.Check(saved.Base, plan.Base);
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException([.. error.Problems.Select(problem => problem.Replace("[resume]", $"[compare] {folder}:", StringComparison.Ordinal))]);
        }

        void Same<T>(string what, T before, T now)
        {
            if (!Equals(before, now))
            {
                throw new ConfigurationException($"[compare] {folder}: {what} must be the folder's own, {before}; {now} came (--run names another folder)");
            }
        }
    }
}

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
            ["budgets"] = new JsonArray([.. plan.Budgets.Select(budget => (JsonNode)budget)]),
            ["data"] = new JsonObject { ["source"] = plan.DataSource, ["sha256"] = plan.DataSha256 },
            ["target"] = new JsonObject { ["optimizer"] = plan.Entries[0].Label, ["loss"] = Finite(result.TargetLoss) },
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

    private static JsonObject Row(ComparisonRow row, ComparisonEntry entry, ComparisonPlan plan) => WithAccuracy(row.Best, new()
    {
        ["label"] = row.Label,
        ["name"] = entry.Choice.Name,
        ["learning_rate"] = row.Best?.Task.LearningRate,
        ["swept"] = entry.Swept,
        ["learning_rate_at_edge"] = row.BestAtEdge,
        ["final_loss"] = Finite(row.FinalLoss),
        ["least_budget_percent"] = row.LeastBudget?.Task.Percent,
        ["least_budget_steps"] = row.LeastBudget?.Task.Steps,
        ["least_budget_learning_rate"] = row.LeastBudget?.Task.LearningRate,
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
        ["steps"] = run.Task.Steps,
        ["percent"] = run.Task.Percent,
        ["diverged"] = run.Diverged,
        ["final_loss"] = Finite(run.FinalLoss),
        ["folder"] = run.Folder,
        ["evaluations"] = Curve(run.Evaluations),
        ["training"] = Curve(run.Training),
    });

    /// <summary>The object with a run's accuracy after its loss; of a language model there is none.</summary>
    public static JsonObject WithAccuracy(TrainedRun? run, JsonObject json)
    {
        foreach ((string key, double? value) in run is null ? [] : ((string, double?)[])[("accuracy_views", run.AccuracyOfViews), ("accuracy", run.Accuracy)])
        {
            if (value is { } accuracy)
            {
                json.Insert(json.IndexOf("final_loss") + 1, key, Finite(accuracy));
            }
        }

        return json;
    }

    internal static JsonArray Curve(IReadOnlyList<CurvePoint> points) =>
        [.. points.Select(JsonNode (point) => new JsonArray(point.Step, Finite(point.Loss)))];

    internal static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
