using System.Text;

namespace MuonSharp.Training;

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
