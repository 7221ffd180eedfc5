using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>Text to tokens and back. Tokens are the whole numbers from 0 up to <see cref="VocabularySize"/>.</summary>
public interface ITokenizer
{
    /// <summary>The kind's name in configurations and files, one of <see cref="TokenizerKinds.Names"/>.</summary>
    string Kind { get; }

    /// <summary>Number of distinct tokens.</summary>
    int VocabularySize { get; }

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <exception cref="BadInputException">The text holds something that the vocabulary lacks.</exception>
    int[] Encode(string text);

    /// <summary>The UTF-8 bytes that a token stands for; a token may end in the middle of a character.</summary>
    /// <param name="token">A token.</param>
    ReadOnlySpan<byte> Bytes(int token);

    /// <summary>All that is needed to make the tokenizer again: the content of <c>tokenizer.json</c>.</summary>
    JsonObject ToJson();
}

/// <summary>What every tokenizer can do, whatever its kind.</summary>
public static class TokenizerExtensions
{
    /// <summary>The text of some tokens; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="tokens">Tokens of its vocabulary.</param>
    public static string Decode(this ITokenizer tokenizer, ReadOnlySpan<int> tokens)
    {
        List<byte> bytes = new(tokens.Length);
        foreach (int token in tokens)
        {
            bytes.AddRange(tokenizer.Bytes(token));
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>Number of UTF-8 bytes that some tokens stand for: the denominator of bits per byte.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="tokens">Tokens of its vocabulary.</param>
    public static long CountBytes(this ITokenizer tokenizer, ReadOnlySpan<int> tokens)
    {
        long count = 0;
        foreach (int token in tokens)
        {
            count += tokenizer.Bytes(token).Length;
        }

        return count;
    }
}
