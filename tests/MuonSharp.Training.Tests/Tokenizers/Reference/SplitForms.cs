using System.Text;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Tokenizers.Reference;

/// <summary>Pre-tokenizers as the makers' own <c>tokenizer.json</c> have them, by llama.cpp's names, with a vocabulary that shows where they cut.</summary>
internal static class SplitForms
{
    private const int Merges = 500;
    private const string End = "<|endoftext|>";

    private const string ByteLevel = """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""";

    /// <summary>SmolLM2-135M; DeepSeek-V3, whose line ends stand in the expression itself; what llama.cpp takes where a file names no rule, which no maker has.</summary>
    private static readonly Dictionary<string, string> s_forms = new(StringComparer.Ordinal)
    {
        ["smollm"] = """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]}""",
        ["deepseek-v3"] = Sequence(@"\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", @"[!\""#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"),
        ["default"] = Sequence(@"[\\p{P}\\$\\+<=>\\^~\\|]+", @"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", @"\\p{N}+", "[0-9][0-9][0-9]"),
    };

    /// <summary>llama.cpp's names of the forms.</summary>
    public static IEnumerable<string> Names => s_forms.Keys;

    /// <summary>A <c>tokenizer.json</c> with such a pre-tokenizer. Its merges were counted in texts that nobody had cut into words, so that a cut too few or too many changes tokens.</summary>
    public static string Json(string name)
    {
        // llama.cpp takes a token that is spelt like the end of a text for that, whatever its kind.
        string texts = string.Join('\n', RandomTexts.Make(600, seed: 11)).Replace(End, "", StringComparison.Ordinal).Replace("</s>", "", StringComparison.Ordinal);
        List<string> symbols = [.. texts.EnumerateRunes().SelectMany(rune => Encoding.UTF8.GetBytes(rune.ToString())).Select(value => ByteAlphabet.LetterOf(value).ToString())];
        List<string> tokens = [.. Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value).ToString())], merges = [];
        while (merges.Count < Merges)
        {
            (string first, string second) = symbols.Zip(symbols.Skip(1)).CountBy(pair => pair).Where(pair => !tokens.Contains(pair.Key.First + pair.Key.Second))
                .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.First + " " + pair.Key.Second, StringComparer.Ordinal).First().Key;
            tokens.Add(first + second);
            merges.Add($"{first} {second}");
            List<string> merged = new(symbols.Count);
            for (int i = 0; i < symbols.Count; i++)
            {
                bool pair = i + 1 < symbols.Count && symbols[i] == first && symbols[i + 1] == second;
                merged.Add(pair ? first + second : symbols[i]);
                i += pair ? 1 : 0;
            }

            symbols = merged;
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. new[] { (End, true), ("<think>", false) }.Select((added, place) => new JsonObject
            {
                ["id"] = tokens.Count + place, ["content"] = added.Item1, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = added.Item2,
            })]),
            ["pre_tokenizer"] = JsonNode.Parse(s_forms[name]),
            ["decoder"] = JsonNode.Parse(ByteLevel),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = new JsonObject(tokens.Index().Select(token => KeyValuePair.Create(token.Item, (JsonNode?)token.Index))),
                ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)merge)]),
            },
        }.ToJsonString();
    }

    private static string Sequence(params string[] expressions) =>
        $$"""{"type":"Sequence","pretokenizers":[{{string.Concat(expressions.Select(expression => $$"""{"type":"Split","pattern":{"Regex":"{{expression}}"},"behavior":"Isolated","invert":false},"""))}}{{ByteLevel}}]}""";
}
