using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Makes shards of texts: the texts are read along the way and encoded on all cores.</summary>
/// <remarks>Before each file comes the token that ends a text, where the tokenizer has one. Memory: one shard's tokens. The tokens are those of <see cref="TokenizerExtensions.EncodeFile(ITokenizer, string, UnknownCharacters)"/>, whatever the number of cores.</remarks>
public static class TokenSharding
{
    private const int MostVocabulary = ushort.MaxValue + 1, PartsAtOnce = 32;

    /// <summary>Writes <c>tokens_000000.bin</c> and so on, and the tokenizer beside them.</summary>
    /// <param name="files">The texts.</param>
    /// <param name="tokenizer">At most 65,536 tokens.</param>
    /// <param name="folder">The folder; made if it is not there, and without shards before.</param>
    /// <param name="tokensPerShard">Tokens of each shard but the last.</param>
    /// <returns>How many shards and tokens there are.</returns>
    /// <exception cref="BadInputException">A text cannot be read, the tokenizer has too many tokens, or the folder holds shards.</exception>
    /// <exception cref="WriteFailedException">A shard could not be written.</exception>
    public static (int Shards, long Tokens) Write(DataFiles files, ITokenizer tokenizer, string folder, int tokensPerShard)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tokensPerShard);
        (int shards, long tokens) = Write(FileSearch.Files(files).Select(path => (TextFile.Open(path), tokenizer.SpecialTokens.EndOfText)), tokenizer, folder, tokensPerShard);
        TokenizerFile.Save(tokenizer, Path.Combine(folder, TokenizerFile.Name));
        return (shards, tokens);
    }

    /// <summary>Writes the shards of some texts, each behind a token where there is one; disposes of the readers.</summary>
    internal static (int Shards, long Tokens) Write(IEnumerable<(TextReader Reader, int? Before)> texts, ITokenizer tokenizer, string folder, int tokensPerShard)
    {
        if (tokenizer.VocabularySize > MostVocabulary)
        {
            throw new BadInputException($"[shard] a tokenizer for shards must have at most {MostVocabulary} tokens; {tokenizer.VocabularySize} came");
        }

        Prepare(folder);
        List<int> held = [];
        List<string> parts = [];
        int shards = 0;
        long tokens = 0;
        foreach ((TextReader text, int? before) in texts)
        {
            held.AddRange(before is { } token ? [token] : []);
            using TextReader reader = text;
            TextChunks.Read(reader, tokenizer.CutOf, part =>
            {
                parts.Add(part.ToString());
                if (parts.Count == PartsAtOnce)
                {
                    Encode();
                }
            });
            Encode();
        }

        while (held.Count > 0)
        {
            WriteOne();
        }

        return (shards, tokens);

        void Encode()
        {
            int[][] encoded = new int[parts.Count][];
            try
            {
                Parallel.For(0, encoded.Length, i => encoded[i] = tokenizer.EncodeMarked(parts[i]));
            }
            catch (AggregateException failures) when (failures.InnerExceptions[0] is BadInputException first)
            {
                throw new BadInputException(first.Message, failures);
            }

            parts.Clear();
            foreach (int[] part in encoded)
            {
                held.AddRange(part);
            }

            while (held.Count >= tokensPerShard)
            {
                WriteOne();
            }
        }

        void WriteOne()
        {
            int count = Math.Min(tokensPerShard, held.Count);
            TokenShardWriter.Write(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"tokens_{shards:D6}{TokenShard.Extension}")), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(held)[..count]);
            held.RemoveRange(0, count);
            (shards, tokens) = (shards + 1, tokens + count);
        }
    }

    private static void Prepare(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            if (Directory.EnumerateFiles(folder, "*" + TokenShard.Extension).Any())
            {
                throw new BadInputException($"[shard] {folder}: a folder for new shards must hold none; there are some");
            }
        }
        catch (Exception exception) when (WriteFailedException.IsWriteFailure(exception))
        {
            throw new WriteFailedException("shard", folder, exception);
        }
    }
}
