using System.Collections.Frozen;
using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>One token per character (Unicode scalar value); the vocabulary is the sorted set of a text's characters.</summary>
public sealed class CharacterTokenizer : ITokenizer
{
    /// <summary>Name of this kind.</summary>
    public const string KindName = "character";

    private readonly Rune[] _characters;
    private readonly string[] _texts;
    private readonly FrozenDictionary<int, int> _tokens;

    private CharacterTokenizer(Rune[] characters)
    {
        _characters = characters;
        _texts = [.. characters.Select(character => character.ToString())];
        _tokens = characters.Select((character, token) => KeyValuePair.Create(character.Value, token)).ToFrozenDictionary();
    }

    /// <inheritdoc/>
    public string Kind => KindName;

    /// <inheritdoc/>
    public int VocabularySize => _characters.Length;

    /// <summary>A tokenizer whose vocabulary is the characters of a text, sorted by code point.</summary>
    /// <param name="text">The training text; at least one character.</param>
    /// <exception cref="BadInputException">The text is empty.</exception>
    public static CharacterTokenizer FromText(string text) => FromTexts([text]);

    /// <summary>A tokenizer whose vocabulary is the characters of several texts, sorted by code point.</summary>
    /// <param name="texts">The training text, and others whose characters are to be known.</param>
    /// <exception cref="BadInputException">All are empty.</exception>
    public static CharacterTokenizer FromTexts(IReadOnlyList<string> texts)
    {
        HashSet<Rune> seen = [];
        foreach (string text in texts)
        {
            foreach (Rune character in text.EnumerateRunes())
            {
                seen.Add(character);
            }
        }

        return seen.Count > 0
            ? new([.. seen.Order()])
            : throw new BadInputException("[tokenizer] the text must hold at least one character; an empty one came");
    }

    /// <summary>The same of texts that are read along the way; disposes of the readers.</summary>
    internal static CharacterTokenizer FromReaders(IEnumerable<TextReader> texts)
    {
        StringBuilder seen = new();
        HashSet<Rune> known = [];
        foreach (TextReader text in texts)
        {
            using TextReader reader = text;
            TextChunks.Read(reader, TextCut.BehindCharacters, part =>
            {
                foreach (Rune character in part.EnumerateRunes())
                {
                    if (known.Add(character))
                    {
                        seen.Append(character);
                    }
                }
            });
        }

        return FromText(seen.ToString());
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> tokens)
    {
        foreach (Rune character in text.EnumerateRunes())
        {
            tokens.Add(_tokens.TryGetValue(character.Value, out int token) ? token : throw Unknown(text));
        }
    }

    /// <summary>Whether a character is one of the vocabulary.</summary>
    /// <param name="character">The character.</param>
    public bool Knows(Rune character) => _tokens.ContainsKey(character.Value);

    /// <inheritdoc/>
    public int CutOf(ReadOnlySpan<char> text) => TextCut.BehindCharacters(text);

    /// <inheritdoc/>
    public TokenDecoder NewDecoder() => TokenDecoder.OfText(token => _texts[token]);

    /// <inheritdoc/>
    public long CountBytes(ReadOnlySpan<int> tokens)
    {
        long count = 0;
        foreach (int token in tokens)
        {
            count += _characters[token].Utf8SequenceLength;
        }

        return count;
    }

    /// <inheritdoc/>
    public JsonObject ToJson()
    {
        JsonObject json = TokenizerKinds.NewJson(Kind);
        json["characters"] = string.Concat(_texts);
        return json;
    }

    internal static CharacterTokenizer FromJson(JsonEntry json)
    {
        JsonEntry characters = json["characters"];
        Rune[] runes = [.. characters.TextNotEmpty().EnumerateRunes()];
        return runes.SequenceEqual(runes.Distinct().Order()) ? new(runes) : throw characters.Broken("characters must be sorted and distinct; they are not");
    }

    private BadInputException Unknown(ReadOnlySpan<char> text)
    {
        UnknownCounts counts = new();
        counts.Add(text, Knows);
        return counts.Error(source: null, VocabularySize);
    }
}
