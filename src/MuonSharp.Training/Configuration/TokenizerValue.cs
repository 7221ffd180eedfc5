using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The name of a tokenizer, or the path of its file.</summary>
internal sealed class TokenizerValue() : ConfigValue<string>(TokenizerKinds.Rule)
{
    private static readonly ConfigValue<string> s_names = ConfigValues.Choice([.. TokenizerKinds.Names, Gpt2Vocabulary.Name]);

    public override IReadOnlyList<string> Choices => s_names.Choices;

    public override bool TryParse(string text, out string value) => s_names.TryParse(text, out value) || IsPath(value = text);

    public override bool TryRead(JsonEntry entry, out string value) => s_names.TryRead(entry, out value) || (entry.TryText(out value) && IsPath(value));

    public override bool Accepts(string value) => s_names.Accepts(value) || IsPath(value);

    public override JsonNode? Write(string value) => s_names.Write(value);

    private static bool IsPath(string text) => text.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || GgufTokenizer.IsNameOfFile(text) || (text.Length > 0 && (File.Exists(text) || Directory.Exists(text)));
}
