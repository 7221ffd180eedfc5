using System.Text;

namespace MuonSharp.Training;

/// <summary>Tokens to pieces of text, each as soon as its characters are complete.</summary>
internal static class TextPieces
{
    /// <summary>The pieces; bytes that never become a character are U+FFFD.</summary>
    public static IEnumerable<string> Of(ITokenizer tokenizer, IEnumerable<int> tokens)
    {
        Decoder decoder = Encoding.UTF8.GetDecoder();
        foreach (int token in tokens)
        {
            string piece = Decode(decoder, tokenizer.Bytes(token), flush: false);
            if (piece.Length > 0)
            {
                yield return piece;
            }
        }

        string rest = Decode(decoder, [], flush: true);
        if (rest.Length > 0)
        {
            yield return rest;
        }
    }

    /// <summary>The tokens that a text is continued from: its own, or for an empty one a line break or the first token.</summary>
    public static int[] Prompt(ITokenizer tokenizer, string prompt)
    {
        if (prompt.Length > 0)
        {
            return tokenizer.Encode(prompt);
        }

        for (int token = 0; token < tokenizer.VocabularySize; token++)
        {
            if (tokenizer.Bytes(token).SequenceEqual("\n"u8))
            {
                return [token];
            }
        }

        return [0];
    }

    private static string Decode(Decoder decoder, ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> characters = stackalloc char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        return characters[..decoder.GetChars(bytes, characters, flush)].ToString();
    }
}
