using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

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
