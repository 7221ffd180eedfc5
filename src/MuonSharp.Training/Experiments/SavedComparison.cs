using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>What a <c>compare.json</c> that an earlier call left says: what the folder belongs to, and the times that were measured.</summary>
internal sealed record SavedComparison
{
    /// <summary>More milliseconds than any step takes: ten days.</summary>
    private const double MostMilliseconds = 864e6;

    private const double MostRatio = 1e9;
    private const double MostTokens = 1e18;

    /// <summary>Steps of a full run.</summary>
    public required long Steps { get; init; }

    /// <summary>SHA-256 of the text.</summary>
    public required string DataSha256 { get; init; }

    /// <summary>The configuration before recipes and optimizers' own settings, as far as it may not change.</summary>
    public required TrainingConfig Base { get; init; }

    /// <summary>Label of the first optimizer.</summary>
    public required string First { get; init; }

    /// <summary>The times.</summary>
    public required MeasuredTimes Times { get; init; }

    /// <summary>Reads a file and checks every key that is used.</summary>
    /// <exception cref="InvalidFileException">It cannot be read, or breaks a rule.</exception>
    public static SavedComparison Read(string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new() { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(new(path, "", document.RootElement), path)
                : throw CheckedObject.Broken(path, $"it must hold one JSON object; {document.RootElement.ValueKind} came");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw CheckedObject.Broken(path, $"it must be JSON; {(error is JsonException json ? JsonProblem.Describe(json) : "text that is no Unicode came")}", error);
        }
        catch (Exception error) when (InvalidFileException.IsUnreadable(error))
        {
            throw InvalidFileException.Unreadable("compare", path, error);
        }
    }

    private static SavedComparison Read(CheckedObject root, string path)
    {
        if (root.Text("format") is var format && format != ComparisonJson.Format)
        {
            throw CheckedObject.Broken(path, $"format must be {ComparisonJson.Format}; {format} came");
        }

        IReadOnlyList<CheckedObject> rows = root.Objects("optimizers");
        return new()
        {
            Steps = root.Count("steps"),
            DataSha256 = root.Object("data").Text("sha256"),

            // A file of an earlier version has all keys of the base as its configuration.
            Base = Config(root, root.Has("base") ? "base" : "configuration", path),
            First = rows[0].Text("label"),
            Times = new(Timings(rows, path), root.Has("environment") ? JsonNode.Parse(root.Object("environment").Raw)!.AsObject() : null),
        };
    }

    private static TrainingConfig Config(CheckedObject root, string key, string path)
    {
        List<string> problems = [];
        TrainingConfig config = ConfigJson.Read(Encoding.UTF8.GetBytes(root.Object(key).Raw), key, new(), [], problems);
        return problems.Count == 0 ? config : throw CheckedObject.Broken(path, problems[0].Replace("[config] ", "", StringComparison.Ordinal));
    }

    private static Dictionary<string, StepTiming> Timings(IEnumerable<CheckedObject> rows, string path)
    {
        Dictionary<string, StepTiming> timings = new(StringComparer.Ordinal);
        HashSet<string> labels = new(StringComparer.Ordinal);
        foreach (CheckedObject row in rows)
        {
            string label = row.Text("label");
            if (!labels.Add(label))
            {
                throw CheckedObject.Broken(path, $"optimizers must have one row for each; '{label}' came more often");
            }

            if (row.Has("step_ms"))
            {
                double step = row.Positive("step_ms", MostMilliseconds);
                timings[label] = new(
                    label,
                    step,
                    row.Positive("optimizer_ms", step),
                    row.Positive("step_ratio", MostRatio),
                    row.Positive("tokens_per_second", MostTokens),
                    row.Positives("rounds_ms", MostMilliseconds));
            }
        }

        return timings;
    }
}

/// <summary>An object in the <c>compare.json</c> that an earlier call left, read key by key: somebody may have edited the file, or a disk damaged it.</summary>
/// <param name="path">The file.</param>
/// <param name="place">What comes before a key's name in messages; empty for the outermost object.</param>
/// <param name="element">The object itself.</param>
internal sealed class CheckedObject(string path, string place, JsonElement element)
{
    private const int LongestQuote = 60;

    /// <summary>The text of the object.</summary>
    public string Raw => element.GetRawText();

    /// <summary>The exception for a broken rule; it says what deleting the file costs.</summary>
    public static InvalidFileException Broken(string path, string problem, Exception? cause = null) =>
        new("compare", path, $"{problem} (deleting the file keeps all runs; only the times that were measured are lost)", cause);

    /// <summary>Whether there is such a key and it is not null.</summary>
    public bool Has(string key) => Find(key).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>An object.</summary>
    public CheckedObject Object(string key) => Inner(key, Find(key), "an object");

    /// <summary>A list of objects, at least one.</summary>
    public IReadOnlyList<CheckedObject> Objects(string key) => [.. List(key, "a list of objects").Select((item, i) => Inner($"{key}[{i}]", item, "an object"))];

    /// <summary>A text that is not empty.</summary>
    public string Text(string key) =>
        Find(key) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? text : throw Wrong(key, Find(key), "a text");

    /// <summary>A whole number above 0.</summary>
    public long Count(string key) =>
        Find(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out long count) && count > 0 ? count : throw Wrong(key, Find(key), "a whole number above 0");

    /// <summary>A number above 0.</summary>
    /// <param name="key">The key.</param>
    /// <param name="most">The greatest that it may be.</param>
    public double Positive(string key, double most) => Positive(key, Find(key), most);

    /// <summary>A list of numbers above 0, at least one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="most">The greatest that each may be.</param>
    public IReadOnlyList<double> Positives(string key, double most) => [.. List(key, "a list of numbers").Select((item, i) => Positive($"{key}[{i}]", item, most))];

    private static string Quote(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.Undefined ? "none" : value.GetRawText();
        return text.Length <= LongestQuote ? text : text[..(LongestQuote - 3)] + "...";
    }

    private double Positive(string key, JsonElement value, double most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number > 0 && number <= most
            ? number
            : throw Wrong(key, value, $"a number above 0 and at most {ConfigComposition.Text(most)}");

    private JsonElement.ArrayEnumerator List(string key, string rule) =>
        Find(key) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? list.EnumerateArray() : throw Wrong(key, Find(key), rule);

    private CheckedObject Inner(string key, JsonElement value, string rule) =>
        value.ValueKind == JsonValueKind.Object ? new(path, $"{place}{key}.", value) : throw Wrong(key, value, rule);

    private JsonElement Find(string key) => element.TryGetProperty(key, out JsonElement value) ? value : default;

    private InvalidFileException Wrong(string key, JsonElement value, string rule) => Broken(path, $"{place}{key} must be {rule}; {Quote(value)} came");
}
