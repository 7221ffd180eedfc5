using System.Globalization;
using System.Text.Json;
using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>The tokens at which a text of a model ends: those that its files name, else the one that the tokenizer has for it.</summary>
/// <remarks>A stored model names them in <c>generation_config.json</c>, else in <c>config.json</c>, as one number or a list; models for conversations have several. Numbers beyond the vocabulary are never drawn,
/// and count for nothing.</remarks>
internal static class EndTokens
{
    /// <summary>Name of the file in which a stored model says how it is sampled.</summary>
    public const string GenerationConfigName = "generation_config.json";

    /// <summary>The key in both files.</summary>
    public const string Key = "eos_token_id";

    /// <summary>Most of them that are read.</summary>
    private const int Most = 256;

    private static readonly JsonOptions s_options = new() { Operation = "model" };

    /// <summary>The tokens of a run or a stored model.</summary>
    public static IReadOnlyList<int> Of(ModelSection model, ITokenizer? tokenizer) =>
        model.EndOfText is { } text && TryParse(text, out int[] tokens) ? tokens : Of(tokenizer);

    /// <summary>The token that a tokenizer has for the end of a text.</summary>
    public static IReadOnlyList<int> Of(ITokenizer? tokenizer) => tokenizer?.SpecialTokens.EndOfText is { } end ? [end] : [];

    /// <summary>Reads numbers with commas between.</summary>
    public static bool TryParse(string text, out int[] tokens)
    {
        int[] numbers = [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int token) ? token : -1)];
        tokens = numbers;
        return Array.TrueForAll(numbers, token => token >= 0);
    }

    /// <summary>What the files of a stored model name; null where they name none.</summary>
    /// <exception cref="InvalidFileException">One of the files is damaged, or names something else than tokens.</exception>
    public static int[]? Read(string folder, int vocabulary)
    {
        foreach (string path in new[] { GenerationConfigName, ModelDirectory.ConfigName }.Select(name => Path.Combine(folder, name)))
        {
            if (File.Exists(path) && JsonFile.Read(path, s_options).Object().Find(Key) is { } entry)
            {
                return Known(entry.Kind == JsonValueKind.Array ? entry.Items(0, Most).Select(item => item.Integer()) : [entry.Integer()], vocabulary);
            }
        }

        return null;
    }

    /// <summary>What the keys of a GGUF file name; null where they name none.</summary>
    /// <exception cref="InvalidFileException">A key is no token.</exception>
    public static int[]? Read(GgufMetadata metadata, int vocabulary)
    {
        string[] keys = [.. GgufKeys.Select(key => GgufTokenizer.Prefix + key).Where(metadata.Has)];
        return keys.Length == 0 ? null : Known(keys.Select(key => metadata.Whole(key, int.MinValue)), vocabulary);
    }

    /// <summary>The keys under which a GGUF file has them: the end of a text, of a turn, of a message.</summary>
    public static IReadOnlyList<string> GgufKeys { get; } = ["eos_token_id", "eot_token_id", "eom_token_id"];

    private static int[] Known(IEnumerable<int> tokens, int vocabulary) => [.. tokens.Distinct().Where(token => token >= 0 && token < vocabulary)];
}
