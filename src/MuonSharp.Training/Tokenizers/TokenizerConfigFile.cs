using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The <c>tokenizer_config.json</c> beside a <c>tokenizer.json</c>: whether texts begin and end with a token, where the tokenizer itself does not say.</summary>
/// <remarks>
/// <para>Some makers' files have the keys and no template: DeepSeek's, of which transformers' <c>LlamaTokenizerFast</c> makes a template when it loads them. Where there is a template, it
/// counts and the keys do not, as in transformers 5.</para>
/// <para>Source: <c>update_post_processor</c> of transformers 4 (<c>tokenization_llama_fast.py</c>): <c>bos $A eos</c>, each as its key says. Other classes never look at the keys.</para>
/// </remarks>
internal static class TokenizerConfigFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "tokenizer_config.json";

    private const string Fast = "Fast";

    /// <summary>The classes of transformers that make a template of the keys.</summary>
    private static readonly string[] s_classes = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizer", "GPTNeoXTokenizer"];

    private static readonly JsonOptions s_options = new() { Operation = "tokenizer" };

    /// <summary>A definition with the tokens that the file puts around texts.</summary>
    /// <param name="definition">What a <c>tokenizer.json</c> without a template says.</param>
    /// <param name="tokenizerPath">Its path.</param>
    /// <returns>Null where there is no such file, or it adds nothing.</returns>
    /// <exception cref="InvalidFileException">The file is damaged, or its key asks for a token that it does not name.</exception>
    public static TokenizerDefinition? Complete(TokenizerDefinition definition, string tokenizerPath)
    {
        string path = Path.Combine(Path.GetDirectoryName(tokenizerPath) ?? "", Name);
        if (!File.Exists(path))
        {
            return null;
        }

        JsonEntry json = JsonFile.Read(path, s_options).Object();
        if (json.Find("tokenizer_class") is { } kind && !s_classes.Contains(kind.Text().EndsWith(Fast, StringComparison.Ordinal) ? kind.Text()[..^Fast.Length] : kind.Text(), StringComparer.Ordinal))
        {
            return null;
        }

        int[] before = Tokens(json, "bos", definition), behind = Tokens(json, "eos", definition);
        return before.Length + behind.Length == 0 ? null : definition with { TokensBefore = before, TokensBehind = behind, HasTemplate = true };
    }

    private static int[] Tokens(JsonEntry json, string kind, TokenizerDefinition definition)
    {
        if (json.Find($"add_{kind}_token")?.Boolean() != true)
        {
            return [];
        }

        // The token is its text, or an object that has it as its content.
        JsonEntry token = json[$"{kind}_token"];
        token = token.Kind == JsonValueKind.Object ? token["content"] : token;
        return definition.AddedTokens.FirstOrDefault(added => added.Content == token.Text()) is { } found ? [found.Id]
            : definition.Vocabulary.TryGetValue(token.Text(), out int id) ? [id]
            : throw token.Wrong($"a token of {TokenizerFile.Name}, since add_{kind}_token is true");
    }
}
