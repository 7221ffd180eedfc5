using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Formats;

/// <summary>A value of a JSON text with its place in it: every way of reading it refuses, in one line, what it cannot be.</summary>
/// <remarks>
/// <para>Two ways of reading: <c>Text()</c>, <c>WholeNumber()</c> and their kin throw at the first broken rule, for files; the <c>Try</c>
/// forms return false and <see cref="Problem"/> makes the line, for a reader that collects all that is wrong.</para>
/// <para>A key that is not there is an entry too, whose kind is <see cref="JsonValueKind.Undefined"/>: reading it says that it is missing.</para>
/// <para>Everything was decoded and checked when the text was parsed: reading throws <see cref="InvalidFileException"/> and nothing else.</para>
/// </remarks>
public sealed class JsonEntry
{
    private const int LongestQuote = 60;

    private readonly JsonSource _source;
    private readonly JsonElement _element;
    private readonly JsonEntry? _parent;
    private readonly int _index;

    internal JsonEntry(JsonSource source, JsonElement element)
        : this(source, element, parent: null, name: "", index: -1)
    {
    }

    private JsonEntry(JsonSource source, JsonElement element, JsonEntry? parent, string name, int index) =>
        (_source, _element, _parent, Name, _index) = (source, element, parent, name, index);

    /// <summary>The key in the object that holds it; empty for an item of a list and for the outermost value.</summary>
    public string Name { get; }

    /// <summary>What it is; <see cref="JsonValueKind.Undefined"/> for a key that is not there.</summary>
    public JsonValueKind Kind => _element.ValueKind;

    /// <summary>Whether it is there and not null.</summary>
    public bool IsSet => Kind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>The file it came from.</summary>
    public string Path => _source.Path;

    /// <summary>Its dotted place, such as <c>optimizer.groups[2].learning_rate</c>: safe to print, and of a long one the end. Empty for the outermost value.</summary>
    public string Place => JsonPlace.Shorten(FullPlace);

    /// <summary>The line of the text in which its value begins, from 1; that of the object for a key that is not there.</summary>
    public int Line
    {
        get
        {
            JsonEntry root = this;
            while (root._parent is { } parent)
            {
                root = parent;
            }

            JsonEntry place = Kind == JsonValueKind.Undefined && _parent is not null ? _parent : this;
            ReadOnlySpan<byte> whole = JsonMarshal.GetRawUtf8Value(root._element);
            return _source.FirstLine + (whole.Overlaps(JsonMarshal.GetRawUtf8Value(place._element), out int offset) ? whole[..offset].Count((byte)'\n') : 0);
        }
    }

    /// <summary>Items of a list, or keys of an object; 0 for anything else.</summary>
    public int Count => Kind switch
    {
        JsonValueKind.Array => _element.GetArrayLength(),
        JsonValueKind.Object => _element.GetPropertyCount(),
        _ => 0,
    };

    /// <summary>The text of the value as the file has it; empty for a key that is not there.</summary>
    public string RawText => Kind == JsonValueKind.Undefined ? "" : _element.GetRawText();

    private string FullPlace => _parent is null ? _source.Options.Root
        : _index < 0 ? JsonPlace.Member(_parent.FullPlace, Name) : JsonPlace.Item(_parent.FullPlace, _index);

    /// <summary>The value of a key of this object; one that is not there is an entry of kind <see cref="JsonValueKind.Undefined"/>.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="InvalidFileException">This is no object.</exception>
    public JsonEntry this[string key] => new(_source, Object()._element.TryGetProperty(key, out JsonElement value) ? value : default, this, key, -1);

    /// <summary>The value of a key that need not be there.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The value; null if the key is not there, or is null.</returns>
    /// <exception cref="InvalidFileException">This is no object.</exception>
    public JsonEntry? Find(string key) => this[key] is { IsSet: true } entry ? entry : null;

    /// <summary>The object itself.</summary>
    /// <returns>This entry.</returns>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public JsonEntry Object() => Kind == JsonValueKind.Object ? this : throw Wrong("an object");

    /// <summary>The keys of an object with their values, in the file's order.</summary>
    /// <exception cref="InvalidFileException">It is no object.</exception>
    public IReadOnlyList<JsonEntry> Members() =>
        [.. Object()._element.EnumerateObject().Select(member => new JsonEntry(_source, member.Value, this, member.Name, -1))];

    /// <summary>The items of a list.</summary>
    /// <param name="least">Fewest items.</param>
    /// <param name="most">Most items.</param>
    /// <exception cref="InvalidFileException">It is no list, or has too few or too many items.</exception>
    public IReadOnlyList<JsonEntry> Items(int least = 0, int most = int.MaxValue) =>
        Kind == JsonValueKind.Array && Count >= least && Count <= most
            ? [.. _element.EnumerateArray().Select((item, index) => new JsonEntry(_source, item, this, "", index))]
            : throw Wrong((least, most) switch
            {
                (0, int.MaxValue) => "a list",
                (1, int.MaxValue) => "a list that is not empty",
                _ when least == most => $"a list of {least}",
                (_, int.MaxValue) => $"a list of {least} or more",
                _ => $"a list of {least} to {most}",
            });

    /// <summary>Refuses keys that nobody reads.</summary>
    /// <param name="known">The keys that may be there.</param>
    /// <returns>This entry.</returns>
    /// <exception cref="InvalidFileException">It is no object, or has another key.</exception>
    public JsonEntry RefuseUnknown(params ReadOnlySpan<string> known)
    {
        foreach (JsonProperty member in Object()._element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                string[] names = [.. known];
                throw Broken($"the keys {(Place.Length == 0 ? "" : $"of {Place} ")}are {string.Join(", ", names)}; {OneLine.Quote(member.Name)} came");
            }
        }

        return this;
    }

    /// <summary>Text.</summary>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public string Text() => TryText(out string text) ? text : throw Wrong("text");

    /// <summary>Text of at least one character.</summary>
    /// <exception cref="InvalidFileException">It is something else, or empty.</exception>
    public string TextNotEmpty() => TryText(out string text) && text.Length > 0 ? text : throw Wrong("text that is not empty");

    /// <summary>One of several words.</summary>
    /// <param name="choices">The words.</param>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public string Choice(params IReadOnlyList<string> choices) =>
        TryText(out string text) && choices.Contains(text, StringComparer.Ordinal) ? text
            : throw Wrong($"{(choices.Count == 1 ? "" : "one of ")}{string.Join(", ", choices)}");

    /// <summary>True or false.</summary>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public bool Boolean() => TryBoolean(out bool value) ? value : throw Wrong("true or false");

    /// <summary>A whole number, however it is written (<c>20</c>, <c>20.0</c>, <c>2e1</c>).</summary>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The greatest that it may be.</param>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public long WholeNumber(long least = long.MinValue, long most = long.MaxValue) =>
        TryWholeNumber(least, most, out long value) ? value : throw Wrong(JsonRule.Whole(least, least == long.MinValue, most, most == long.MaxValue));

    /// <summary>A whole number of 32 bits, however it is written.</summary>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The greatest that it may be.</param>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public int Integer(int least = int.MinValue, int most = int.MaxValue) =>
        TryWholeNumber(least, most, out long value) ? (int)value : throw Wrong(JsonRule.Whole(least, least == int.MinValue, most, most == int.MaxValue));

    /// <summary>A whole number of 64 bits without a sign, however it is written.</summary>
    /// <param name="most">The greatest that it may be.</param>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public ulong Unsigned(ulong most = ulong.MaxValue) => TryUnsigned(most, out ulong value) ? value : throw Wrong($"a whole number from 0 to {most}");

    /// <summary>A finite number.</summary>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The greatest that it may be.</param>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public double Number(double least = double.MinValue, double most = double.MaxValue) =>
        TryNumber(out double value) && value >= least && value <= most ? value : throw Wrong(JsonRule.Number(least, most));

    /// <summary>A finite number above 0.</summary>
    /// <param name="most">The greatest that it may be.</param>
    /// <exception cref="InvalidFileException">It is something else.</exception>
    public double Positive(double most = double.MaxValue) =>
        TryNumber(out double value) && value > 0 && value <= most ? value
            : throw Wrong(most < double.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"a number above 0 and at most {most}") : "a number above 0");

    /// <summary>Text, if it is text.</summary>
    /// <param name="text">The text.</param>
    public bool TryText(out string text)
    {
        text = Kind == JsonValueKind.String ? _element.GetString()! : "";
        return Kind == JsonValueKind.String;
    }

    /// <summary>A truth value, if it is one.</summary>
    /// <param name="value">The value.</param>
    public bool TryBoolean(out bool value)
    {
        value = Kind == JsonValueKind.True;
        return Kind is JsonValueKind.True or JsonValueKind.False;
    }

    /// <summary>A whole number within bounds, however it is written, if it is one.</summary>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The greatest that it may be.</param>
    /// <param name="value">The number.</param>
    public bool TryWholeNumber(long least, long most, out long value)
    {
        bool found = TryWhole(out Int128 whole) && whole >= least && whole <= most;
        value = found ? (long)whole : 0;
        return found;
    }

    /// <summary>A whole number without a sign, however it is written, if it is one.</summary>
    /// <param name="most">The greatest that it may be.</param>
    /// <param name="value">The number.</param>
    public bool TryUnsigned(ulong most, out ulong value)
    {
        bool found = TryWhole(out Int128 whole) && whole >= 0 && whole <= most;
        value = found ? (ulong)whole : 0;
        return found;
    }

    /// <summary>A finite number, if it is one.</summary>
    /// <param name="value">The number.</param>
    public bool TryNumber(out double value)
    {
        value = 0;
        return Kind == JsonValueKind.Number && _element.TryGetDouble(out value) && double.IsFinite(value);
    }

    /// <summary>The value as a tree that can be changed and written.</summary>
    /// <returns>The tree; null for null and for a key that is not there.</returns>
    public JsonNode? ToNode() => Kind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => null,
        JsonValueKind.Object => JsonObject.Create(_element),
        JsonValueKind.Array => JsonArray.Create(_element),
        _ => JsonValue.Create(_element),
    };

    /// <summary>The line that says that this value breaks a rule: <c>[operation] path: place must be rule; what came</c>.</summary>
    /// <param name="rule">What it must be, such as <c>a whole number above 0</c>.</param>
    public string Problem(string rule) => Wrong(rule).Message;

    /// <summary>The exception with <see cref="Problem"/>.</summary>
    /// <param name="rule">What it must be, such as <c>a whole number above 0</c>.</param>
    public InvalidFileException Wrong(string rule) => Broken($"{JsonPlace.Called(Place)} must be {rule}; {Came()}");

    /// <summary>The exception for another broken rule of this file.</summary>
    /// <param name="problem">A sentence <c>rule; what came</c>.</param>
    public InvalidFileException Broken(string problem) => _source.Broken(problem);

    private bool TryWhole(out Int128 whole)
    {
        whole = 0;
        return Kind == JsonValueKind.Number && WholeNumbers.TryParse(JsonMarshal.GetRawUtf8Value(_element), out whole);
    }

    private string Came()
    {
        switch (Kind)
        {
            case JsonValueKind.Undefined:
                return "it is missing";
            case JsonValueKind.Object:
                return "an object came";
            case JsonValueKind.Array:
                return $"a list of {Count} came";
            default:
                return $"{OneLine.Cut(_element.GetRawText(), LongestQuote)} came";
        }
    }
}

/// <summary>Bounds of numbers in words.</summary>
internal static class JsonRule
{
    /// <summary>A whole number.</summary>
    public static string Whole(long least, bool noLeast, long most, bool noMost) => (noLeast, noMost) switch
    {
        (true, true) => "a whole number",
        (false, true) => least == 1 ? "a whole number above 0" : $"a whole number of {least} or more",
        (true, false) => $"a whole number of at most {most}",
        _ => $"a whole number from {least} to {most}",
    };

    /// <summary>A finite number.</summary>
    public static string Number(double least, double most) => (least == double.MinValue, most == double.MaxValue) switch
    {
        (true, true) => "a number",
        (false, true) => string.Create(CultureInfo.InvariantCulture, $"a number of {least} or more"),
        (true, false) => string.Create(CultureInfo.InvariantCulture, $"a number of at most {most}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"),
    };
}
