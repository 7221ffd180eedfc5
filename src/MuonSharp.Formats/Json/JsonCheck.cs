using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace MuonSharp.Formats;

/// <summary>Reads a JSON text once from end to end and refuses what would otherwise be found late or never.</summary>
/// <remarks>After it no value of the text can fail to decode: all is UTF-8, no string holds half of a surrogate pair, no key comes twice.</remarks>
internal static class JsonCheck
{
    /// <summary>What the parser says in words that mean something only to who knows it.</summary>
    private static readonly Dictionary<string, string> s_plainWords = new(StringComparer.Ordinal)
    {
        ["Expected depth to be zero at the end of the JSON payload"] = "it ends before every { and [ is closed: it may be cut off",
        ["Expected end of string, but instead reached end of data"] = "it ends within a text in quotes: it may be cut off",
    };

    /// <summary>Checks a text without a byte order mark.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="source">Where it came from.</param>
    /// <exception cref="InvalidFileException">It breaks a rule; the message names the place.</exception>
    public static void Run(ReadOnlySpan<byte> utf8, JsonSource source)
    {
        CheckEncoding(utf8, source);
        JsonReaderOptions options = new()
        {
            MaxDepth = JsonOptions.MostDepth,
            AllowTrailingCommas = !source.Options.Strict,
            CommentHandling = source.Options.Strict ? JsonCommentHandling.Disallow : JsonCommentHandling.Skip,
        };
        Utf8JsonReader reader = new(utf8, options);
        Stack<Level> levels = new();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    Count(levels);
                    levels.Push(new(reader.TokenType == JsonTokenType.StartObject));
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    _ = levels.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    Level level = levels.Peek();
                    level.Name = Text(ref reader, utf8, source, levels, key: true);
                    if (!level.Add(level.Name))
                    {
                        throw source.Broken($"each key may come once; {Place(levels, source)} comes twice{Position(utf8, reader.TokenStartIndex)}");
                    }

                    break;
                default:
                    Count(levels);
                    if (reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped)
                    {
                        _ = Text(ref reader, utf8, source, levels, key: false);
                    }

                    break;
            }
        }
    }

    /// <summary>What a parser said, and where: <c>... (line 3, byte 7)</c>.</summary>
    public static string Describe(JsonException error)
    {
        int end = error.Message.IndexOf(". ", StringComparison.Ordinal);
        string said = OneLine.Short((end < 0 ? error.Message : error.Message[..end]).TrimEnd('.'));
        said = s_plainWords.GetValueOrDefault(said, said);
        return error.LineNumber is { } line ? $"{said} (line {line + 1}, byte {error.BytePositionInLine + 1})" : said;
    }

    private static void CheckEncoding(ReadOnlySpan<byte> utf8, JsonSource source)
    {
        if (utf8.StartsWith((ReadOnlySpan<byte>)[0xff, 0xfe]) || utf8.StartsWith((ReadOnlySpan<byte>)[0xfe, 0xff]))
        {
            throw source.Broken($"{source.It} must be UTF-8 text; UTF-16 came");
        }

        if (Utf8.IsValid(utf8))
        {
            return;
        }

        int at = 0;
        while (Rune.DecodeFromUtf8(utf8[at..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            at += length;
        }

        throw source.Broken($"{source.It} must be UTF-8 text; the byte 0x{utf8[at]:X2} came{Position(utf8, at)}");
    }

    private static string Text(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, JsonSource source, Stack<Level> levels, bool key)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            string place = Place(levels, source, inside: !key);
            string what = !key ? JsonPlace.Called(place) : place.Length == 0 ? "keys" : $"keys of {place}";
            throw source.Broken($"{what} must be Unicode text; half of a surrogate pair came{Position(utf8, reader.TokenStartIndex)}");
        }
    }

    private static void Count(Stack<Level> levels)
    {
        if (levels.TryPeek(out Level? level))
        {
            level.Index++;
        }
    }

    private static string Place(Stack<Level> levels, JsonSource source, bool inside = true)
    {
        string place = source.Options.Root;
        foreach (Level level in levels.Skip(inside ? 0 : 1).Reverse())
        {
            place = level.IsObject ? JsonPlace.Member(place, level.Name!) : JsonPlace.Item(place, level.Index);
        }

        return JsonPlace.Shorten(place);
    }

    /// <summary>The line in which the outermost value of a text begins, which may be after blanks and comments.</summary>
    public static int FirstLine(ReadOnlySpan<byte> utf8)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = JsonOptions.MostDepth });
        return reader.Read() ? utf8[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1 : 1;
    }

    private static string Position(ReadOnlySpan<byte> utf8, long index)
    {
        ReadOnlySpan<byte> before = utf8[..(int)index];
        return $" (line {before.Count((byte)'\n') + 1}, byte {before.Length - before.LastIndexOf((byte)'\n')})";
    }

    /// <summary>An object or a list that has begun and not ended.</summary>
    private sealed class Level(bool isObject)
    {
        private string? _first;
        private HashSet<string>? _names;

        public bool IsObject => isObject;

        public string? Name { get; set; }

        public int Index { get; set; } = -1;

        public bool Add(string name)
        {
            if (_first is null)
            {
                _first = name;
                return true;
            }

            _names ??= new(StringComparer.Ordinal) { _first };
            return _names.Add(name);
        }
    }
}

/// <summary>Places in a JSON text as messages write them: <c>optimizer.groups[2].learning_rate</c>.</summary>
internal static class JsonPlace
{
    private const int Longest = 160;

    /// <summary>A key of an object.</summary>
    public static string Member(string place, string name) => place.Length == 0 ? OneLine.Short(name) : $"{place}.{OneLine.Short(name)}";

    /// <summary>An item of a list.</summary>
    public static string Item(string place, int index) => $"{place}[{index}]";

    /// <summary>A place as the subject of a sentence.</summary>
    public static string Called(string place) => place.Length == 0 ? "it" : place;

    /// <summary>A place that leaves room for the rest of a message: of a long one its end.</summary>
    public static string Shorten(string place) => place.Length <= Longest ? place : "..." + place[^(Longest - 3)..];
}
