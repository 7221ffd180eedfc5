using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What a <c>compare.json</c> that an earlier call left says: what the folder belongs to, and the times that were measured.</summary>
internal sealed record SavedComparison
{
    /// <summary>More milliseconds than any step takes: ten days.</summary>
    private const double MostMilliseconds = 864e6;

    private const double MostRatio = 1e9;
    private const double MostUnits = 1e18;

    private static readonly JsonOptions s_options = new()
    {
        Operation = "compare",
        Note = " (deleting the file keeps all runs; only the times that were measured are lost)",
    };

    /// <summary>Steps of a full run.</summary>
    public required long Steps { get; init; }

    /// <summary>SHA-256 of the data.</summary>
    public required string DataSha256 { get; init; }

    /// <summary>The configuration before recipes and optimizers' own settings, as far as it may not change.</summary>
    public required TrainingConfig Base { get; init; }

    /// <summary>Label of the first optimizer.</summary>
    public required string First { get; init; }

    /// <summary>The times.</summary>
    public required MeasuredTimes Times { get; init; }

    /// <summary>Reads a file and checks every key that is used.</summary>
    /// <exception cref="InvalidFileException">It cannot be read, or breaks a rule.</exception>
    public static SavedComparison Read(string path) => Parse(JsonFile.ReadBytes(path, s_options), path);

    /// <summary>Reads the bytes of a file.</summary>
    internal static SavedComparison Parse(ReadOnlySpan<byte> utf8, string path)
    {
        JsonEntry root = JsonFile.Parse(utf8, path, s_options);
        _ = root["format"].Choice(ComparisonJson.Format);
        IReadOnlyList<JsonEntry> rows = [.. root["optimizers"].Items(least: 1).Select(row => row.Object())];
        return new()
        {
            Steps = root["steps"].WholeNumber(1),
            DataSha256 = root["data"]["sha256"].TextNotEmpty(),

            // A file of an earlier version has all keys of the base as its configuration.
            Base = Config(root.Find("base") ?? root["configuration"]),
            First = rows[0]["label"].TextNotEmpty(),
            Times = new(Timings(rows), root.Find("environment")?.Object().ToNode()!.AsObject()),
        };
    }

    private static TrainingConfig Config(JsonEntry entry)
    {
        List<string> problems = [];
        TrainingConfig config = ConfigJson.Read(entry.Object(), new(), [], problems);
        return problems.Count == 0 ? config : throw new InvalidFileException(s_options.Operation, entry.Path, problems[0].Replace($"[{s_options.Operation}] {entry.Path}: ", "", StringComparison.Ordinal));
    }

    private static Dictionary<string, StepTiming> Timings(IEnumerable<JsonEntry> rows)
    {
        Dictionary<string, StepTiming> timings = new(StringComparer.Ordinal);
        HashSet<string> labels = new(StringComparer.Ordinal);
        foreach (JsonEntry row in rows)
        {
            string label = row["label"].TextNotEmpty();
            if (!labels.Add(label))
            {
                throw row.Broken($"optimizers must have one row for each; {OneLine.Quote(label)} came more often");
            }

            if (row.Find("step_ms") is { } milliseconds)
            {
                double step = milliseconds.Positive(MostMilliseconds);
                timings[label] = new(
                    label,
                    step,
                    row["optimizer_ms"].Positive(step),
                    row["step_ratio"].Positive(MostRatio),
                    (row.Find("images_per_second") ?? row["tokens_per_second"]).Positive(MostUnits),
                    [.. row["rounds_ms"].Items(least: 1).Select(round => round.Positive(MostMilliseconds))]);
            }
        }

        return timings;
    }
}
