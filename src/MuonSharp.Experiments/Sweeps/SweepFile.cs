using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The <c>results.json</c> of a sweep's folder: what it found out, and what the folder belongs to.</summary>
internal sealed class SweepFile(string folder, IFileOperations files)
{
    /// <summary>Name of the file.</summary>
    public const string Name = "results.json";

    private static readonly JsonOptions s_options = new() { Operation = "sweep", Note = " (deleting the file keeps all runs)" };

    private readonly string _path = Path.Combine(folder, Name);

    /// <summary>Writes down what a new folder belongs to.</summary>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void Begin(SweepResult result)
    {
        if (!File.Exists(_path))
        {
            Write(result);
        }
    }

    /// <summary>Writes a result, as a whole or not at all.</summary>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void Write(SweepResult result) => ExperimentFolder.Write("sweep", _path, files, SweepJson.Write(result));

    /// <summary>Checks that what an earlier call has left is this sweep's: that keys, common settings and data are the same. Values and seeds may be others.</summary>
    /// <exception cref="ConfigurationException">The folder holds another sweep, or a run.</exception>
    /// <exception cref="InvalidFileException">The file cannot be read, or is damaged.</exception>
    public void TakeUp(SweepPlan plan)
    {
        if (!File.Exists(_path))
        {
            if (new RunFolder(folder).HoldsRun)
            {
                throw new ConfigurationException($"[sweep] {folder}: a sweep needs a folder of its own; this one holds a run");
            }

            return;
        }

        JsonEntry root = JsonFile.Parse(JsonFile.ReadBytes(_path, s_options), _path, s_options);
        _ = root["format"].Choice(SweepJson.Format);
        Same("the keys", string.Join(", ", root["keys"].Items(least: 1).Select(key => key.TextNotEmpty())), string.Join(", ", plan.Keys));
        foreach (JsonEntry entry in root["data"].Items(least: 1))
        {
            string source = entry.Object()["source"].TextNotEmpty(), saved = entry["sha256"].TextNotEmpty();
            bool several = plan.Keys.Any(key => key.StartsWith("data.", StringComparison.Ordinal));
            foreach ((_, string now) in plan.Data.Where(data => !several || data.Source == source))
            {
                Same($"the {(plan.OfImages ? "images'" : "text's")} SHA-256", saved, now);
            }
        }

        List<string> problems = [];
        List<ConfigKey> known = [];
        TrainingConfig config = ConfigJson.Read(root["configuration"].Object(), new(), known, problems);
        if (problems.Count > 0)
        {
            throw new InvalidFileException("sweep", _path, problems[0]);
        }

        foreach (ConfigKey key in known.Where(key => IsFixed(key, plan) && !key.Same(config, plan.Shared.Config)))
        {
            Same(key.Name, key.Text(config), key.Text(plan.Shared.Config));
        }
    }

    private static bool IsFixed(ConfigKey key, SweepPlan plan) =>
        (!key.FreeOnResume || key.Name == "train.steps") && key.Name != "train.seed" && key.Name != "preset" && !plan.Keys.Contains(key.Name, StringComparer.Ordinal) && plan.Shared.Keys.Contains(key);

    private void Same(string what, string before, string now)
    {
        if (before != now)
        {
            throw new ConfigurationException($"[sweep] {folder}: {what} must be the folder's own, {before}; {now} came (--out names another folder)");
        }
    }
}

/// <summary>A sweep's result as JSON: the content of <c>results.json</c>.</summary>
public static class SweepJson
{
    /// <summary>Value of <c>format</c>.</summary>
    public const string Format = "muonsharp-sweep/1";

    /// <summary>Writes a result; numbers that are not finite or not known are null.</summary>
    /// <param name="result">The result.</param>
    /// <param name="curves">Whether to write every run with its curves.</param>
    public static JsonObject Write(SweepResult result, bool curves = true)
    {
        SweepPlan plan = result.Plan;
        return new()
        {
            ["format"] = Format,
            ["complete"] = result.Complete,
            ["keys"] = new JsonArray([.. plan.Keys.Select(key => (JsonNode)key)]),
            ["seeds"] = new JsonArray([.. plan.Seeds.Select(seed => (JsonNode)seed)]),
            ["data"] = new JsonArray([.. plan.Data.Select(data => (JsonNode)new JsonObject { ["source"] = data.Source, ["sha256"] = data.Sha256 })]),
            ["best"] = result.Best is { } best ? Settings(plan, best.Point) : null,
            ["points"] = new JsonArray([.. result.Points.Select(point => (JsonNode)Point(result, point, curves))]),
            ["lines"] = new JsonArray([.. result.Lines.Select(line => (JsonNode)Line(plan, line))]),
            ["configuration"] = plan.Shared.ToJson(),
        };
    }

    /// <summary>A point's keys and values.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="point">The point.</param>
    public static JsonObject Settings(SweepPlan plan, SweepPoint point) =>
        new(plan.Keys.Select(key => KeyValuePair.Create(key, ConfigKeys.Find(key)!.Read(point.Config))));

    private static JsonObject Point(SweepResult result, SweptPoint point, bool curves)
    {
        JsonObject json = ComparisonJson.WithAccuracies(point, new()
        {
            ["settings"] = Settings(result.Plan, point.Point),
            ["steps"] = point.Point.Config.Train.Steps,
            ["final_loss"] = ComparisonJson.Finite(point.Loss.Mean),
            ["standard_error"] = ComparisonJson.Finite(point.Loss.StandardError),
        });
        json["diverged"] = point.Diverged;
        json["runs"] = new JsonArray([.. point.Runs.Select(run => (JsonNode)Run(run, curves))]);
        return json;
    }

    private static JsonObject Run(TrainedRun run, bool curves)
    {
        JsonObject json = ComparisonJson.WithAccuracy(run, new()
        {
            ["seed"] = run.Seed,
            ["final_loss"] = ComparisonJson.Finite(run.FinalLoss),
            ["diverged"] = run.Diverged,
            ["folder"] = run.Folder,
        });
        if (curves)
        {
            json["evaluations"] = ComparisonJson.Curve(run.Evaluations);
            json["training"] = ComparisonJson.Curve(run.Training);
        }

        return json;
    }

    private static JsonObject Line(SweepPlan plan, SweepLine line)
    {
        IEnumerable<string> others = plan.Keys.Where((_, axis) => axis != line.Axis);
        return new()
        {
            ["key"] = plan.Keys[line.Axis],
            ["settings"] = new JsonObject(others.Select(key => KeyValuePair.Create(key, ConfigKeys.Find(key)!.Read(line.Points[0].Point.Config)))),
            ["best"] = line.Best?.Point.ValueAt(line.Axis),
            ["interpolated"] = line.Interpolated,
        };
    }
}
