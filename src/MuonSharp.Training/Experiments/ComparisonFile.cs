using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The <c>compare.json</c> of a comparison's folder: what it belongs to, and the times that were measured.</summary>
internal sealed class ComparisonFile(string folder, IFileOperations files)
{
    /// <summary>Name of the file.</summary>
    public const string Name = "compare.json";

    public string Path { get; } = System.IO.Path.Combine(folder, Name);

    /// <summary>Writes a result, as a whole or not at all.</summary>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void Write(ComparisonResult result)
    {
        try
        {
            files.Replace(Path, IndentedJson.ToBytes(ComparisonJson.Write(result)));
        }
        catch (Exception error) when (WriteFailedException.IsWriteFailure(error))
        {
            throw new WriteFailedException("compare", Path, error);
        }
    }

    /// <summary>Takes up what an earlier call has left: checks that it is this comparison's, and returns its times.</summary>
    /// <exception cref="ConfigurationException">The folder holds another comparison, or a run.</exception>
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public MeasuredTimes TakeUp(ComparisonPlan plan)
    {
        if (!File.Exists(Path))
        {
            return new RunFolder(folder).HoldsRun
                ? throw new ConfigurationException($"[compare] {folder}: a comparison needs a folder of its own; this one holds a run")
                : MeasuredTimes.None;
        }

        try
        {
            JsonObject json = JsonNode.Parse(File.ReadAllBytes(Path))!.AsObject();
            if ((string?)json["format"] != ComparisonJson.Format)
            {
                throw new InvalidFileException("compare", Path, $"the format must be {ComparisonJson.Format}; {json["format"]?.ToJsonString() ?? "none"} came");
            }

            Check(json, plan);
            JsonArray rows = json["optimizers"]!.AsArray();

            // Ratios are to the first optimizer: beside another one they say nothing.
            return (string?)rows[0]!["label"] == plan.Entries[0].Label
                ? new(Timings(rows), json["environment"]?.DeepClone().AsObject())
                : MeasuredTimes.None;
        }
        catch (Exception error) when (error is JsonException or NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new InvalidFileException("compare", Path, $"it must be the file that a comparison wrote; {error.Message}", error);
        }
        catch (Exception error) when (InvalidFileException.IsUnreadable(error))
        {
            throw InvalidFileException.Unreadable("compare", Path, error);
        }
    }

    private void Check(JsonObject json, ComparisonPlan plan)
    {
        List<string> problems = [];
        Same("steps", (long)json["steps"]!, plan.Steps);
        Same("the text's SHA-256", (string)json["data"]!["sha256"]!, plan.DataSha256);
        TrainingConfig saved = ConfigJson.Read(System.Text.Encoding.UTF8.GetBytes(json["configuration"]!.ToJsonString()), Path, new(), [], problems);
        if (problems.Count > 0)
        {
            throw new InvalidFileException("compare", Path, problems[0]);
        }

        try
        {
            ResumeRules.Check(saved, plan.Common);
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

    private static Dictionary<string, StepTiming> Timings(JsonArray rows)
    {
        Dictionary<string, StepTiming> timings = new(StringComparer.Ordinal);
        foreach (JsonObject row in rows.Select(row => row!.AsObject()).Where(row => row["step_ms"] is not null))
        {
            string label = (string)row["label"]!;
            timings[label] = new(
                label,
                (double)row["step_ms"]!,
                (double)row["optimizer_ms"]!,
                (double)row["step_ratio"]!,
                (double)row["tokens_per_second"]!,
                [.. row["rounds_ms"]!.AsArray().Select(round => (double)round!)]);
        }

        return timings;
    }
}
