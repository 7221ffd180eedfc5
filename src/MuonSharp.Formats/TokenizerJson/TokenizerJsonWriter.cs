using System.Text.Json.Nodes;

namespace MuonSharp.Formats;

/// <summary>Writes what <see cref="TokenizerJson"/> reads.</summary>
internal static class TokenizerJsonWriter
{
    private static readonly string s_space = TokenizerJson.Space.ToString();

    /// <summary>The content of the file.</summary>
    public static JsonObject Write(TokenizerDefinition definition)
    {
        bool bytes = definition.Scheme == TokenizerScheme.ByteLevel;
        bool paired = definition.Merges.Any(merge => merge.First.Contains(' ', StringComparison.Ordinal) || merge.Second.Contains(' ', StringComparison.Ordinal));
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = List(definition.AddedTokens.OrderBy(token => token.Id).Select(token => new JsonObject
            {
                ["id"] = token.Id,
                ["content"] = token.Content,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = token.IsSpecial,
            })),
            ["normalizer"] = bytes ? definition.ComposesCharacters ? Stage("NFC") : null : FallbackNormalizer(definition.PrefixSpace),
            ["pre_tokenizer"] = bytes ? Cuts(definition.SplitPatterns)
                : definition.PrefixSpace == PrefixSpace.First ? Stage("Metaspace", ("replacement", s_space), ("prepend_scheme", "first"), ("split", false)) : null,
            ["post_processor"] = Template(definition),
            ["decoder"] = bytes ? ByteLevel(usesPattern: true) : FallbackDecoder(definition.PrefixSpace),
            ["model"] = Stage(
                "BPE",
                ("dropout", null),
                ("unk_token", definition.UnknownToken),
                ("continuing_subword_prefix", null),
                ("end_of_word_suffix", null),
                ("fuse_unk", !bytes),
                ("byte_fallback", !bytes),
                ("ignore_merges", definition.IgnoresMerges),
                ("vocab", new JsonObject(definition.Vocabulary.OrderBy(pair => pair.Value).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)))),
                ("merges", List(definition.Merges.Select(merge => paired ? new JsonArray(merge.First, merge.Second) : (JsonNode)$"{merge.First} {merge.Second}")))),
        };
    }

    private static JsonObject Cuts(IReadOnlyList<string> patterns)
    {
        bool usesPattern = patterns.Count > 0 && patterns[^1] == TokenizerJson.Gpt2Pattern;
        IEnumerable<JsonNode> splits = patterns.Take(patterns.Count - (usesPattern ? 1 : 0)).Select(pattern => Stage(
            "Split", ("pattern", new JsonObject { ["Regex"] = pattern }), ("behavior", "Isolated"), ("invert", false)));
        return patterns.Count == (usesPattern ? 1 : 0) ? ByteLevel(usesPattern) : Stage("Sequence", ("pretokenizers", List([.. splits, ByteLevel(usesPattern)])));
    }

    private static JsonObject? FallbackNormalizer(PrefixSpace prefix)
    {
        JsonObject replace = Replace(" ", s_space);
        return prefix switch
        {
            PrefixSpace.First => null,
            PrefixSpace.Never => replace,
            _ => Stage("Sequence", ("normalizers", List([Stage("Prepend", ("prepend", s_space)), replace]))),
        };
    }

    private static JsonObject FallbackDecoder(PrefixSpace prefix)
    {
        List<JsonNode> stages = [Replace(s_space, " "), Stage("ByteFallback"), Stage("Fuse")];
        if (prefix != PrefixSpace.Never)
        {
            stages.Add(Stage("Strip", ("content", " "), ("start", 1), ("stop", 0)));
        }

        return Stage("Sequence", ("decoders", List(stages)));
    }

    private static JsonObject? Template(TokenizerDefinition definition)
    {
        if (definition.TokensBefore.Count + definition.TokensBehind.Count == 0)
        {
            return null;
        }

        Dictionary<int, string> names = definition.Vocabulary.ToDictionary(pair => pair.Value, pair => pair.Key);
        foreach (AddedToken token in definition.AddedTokens)
        {
            names[token.Id] = token.Content;
        }

        return Stage(
            "TemplateProcessing",
            ("single", List([.. Special(definition.TokensBefore), Sequence("A"), .. Special(definition.TokensBehind)])),
            ("pair", List([.. Special(definition.TokensBefore), Sequence("A"), .. Special(definition.TokensBehind), .. Special(definition.TokensBefore), Sequence("B"), .. Special(definition.TokensBehind)])),
            ("special_tokens", new JsonObject(definition.TokensBefore.Concat(definition.TokensBehind).Distinct().Select(id => KeyValuePair.Create(
                names[id], (JsonNode?)new JsonObject { ["id"] = names[id], ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(names[id]) })))));

        IEnumerable<JsonNode> Special(IReadOnlyList<int> ids) => ids.Select(id => new JsonObject { ["SpecialToken"] = Place(names[id]) });
        static JsonObject Sequence(string name) => new() { ["Sequence"] = Place(name) };
        static JsonObject Place(string name) => new() { ["id"] = name, ["type_id"] = 0 };
    }

    private static JsonObject ByteLevel(bool usesPattern) => Stage("ByteLevel", ("add_prefix_space", false), ("trim_offsets", true), ("use_regex", usesPattern));

    private static JsonObject Replace(string from, string to) => Stage("Replace", ("pattern", new JsonObject { ["String"] = from }), ("content", to));

    private static JsonArray List(IEnumerable<JsonNode> items) => new([.. items]);

    private static JsonObject Stage(string type, params ReadOnlySpan<(string Key, JsonNode? Value)> values)
    {
        JsonObject stage = new() { ["type"] = type };
        foreach ((string key, JsonNode? value) in values)
        {
            stage[key] = value;
        }

        return stage;
    }
}
