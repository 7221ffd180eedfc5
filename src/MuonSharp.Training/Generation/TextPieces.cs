using System.Text;

namespace MuonSharp.Training;

/// <summary>Tokens to pieces of text, each as soon as nothing that follows can change it.</summary>
internal sealed class TextPieces(ITokenizer tokenizer, IReadOnlyList<string> stop)
{
    private readonly TokenDecoder _decoder = tokenizer.NewDecoder();
    private readonly StringBuilder _held = new();

    /// <summary>Whether a stop text came: nothing follows any more.</summary>
    public bool Stopped { get; private set; }

    /// <summary>The pieces; bytes that never become a character are U+FFFD.</summary>
    public static IEnumerable<string> Of(ITokenizer tokenizer, IEnumerable<int> tokens)
    {
        TextPieces pieces = new(tokenizer, []);
        foreach (string piece in tokens.Select(pieces.Add).Append(null).Select(piece => piece ?? pieces.Rest()))
        {
            if (piece.Length > 0)
            {
                yield return piece;
            }
        }
    }

    /// <summary>
    /// The tokens that a text is continued from: the one that begins every text, if there is one, and the prompt's own. For an empty prompt without such a
    /// token: a line break or, where the vocabulary has none, the first token.
    /// </summary>
    /// <remarks>Names of special tokens stand for these unless the prompt is plain, as in texts to train on.</remarks>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="prompt">The text.</param>
    /// <param name="plain">Whether names of special tokens are text.</param>
    /// <param name="name">What an error calls the text.</param>
    /// <param name="canSkip">Whether who reads the error has an option <c>--unknown</c>.</param>
    /// <exception cref="BadInputException">The prompt holds a character that a <see cref="CharacterTokenizer"/> does not know.</exception>
    public static int[] Prompt(ITokenizer tokenizer, string prompt, bool plain = false, string name = "the prompt", bool canSkip = false)
    {
        UnknownCounts unknown = new();
        if (tokenizer is CharacterTokenizer characters)
        {
            unknown.Add(prompt, characters.Knows);
        }

        if (unknown.Total > 0)
        {
            throw unknown.Error(name, tokenizer.VocabularySize, canSkip);
        }

        List<int> tokens = tokenizer.SpecialTokens.Begin is { } begin ? [begin] : [];
        if (plain)
        {
            tokenizer.Encode(prompt, tokens);
        }
        else
        {
            tokenizer.EncodeMarked(prompt, tokens);
        }

        return tokens.Count > 0 ? [.. tokens]
            : [Enumerable.Range(0, tokenizer.VocabularySize).FirstOrDefault(token => tokenizer.Decode([token]) == "\n")];
    }

    /// <summary>Takes a token.</summary>
    /// <returns>The text that has become certain: no part of a stop text, nor of what may become one.</returns>
    public string Add(int token) => Certain(_decoder.Add(token), last: false);

    /// <summary>What was held back, at the end.</summary>
    public string Rest() => Certain(_decoder.Flush(), last: true);

    private string Certain(string piece, bool last)
    {
        if (Stopped || stop.Count == 0)
        {
            return Stopped ? "" : piece;
        }

        string text = _held.Append(piece).ToString();
        int[] places = [.. stop.Select(one => text.IndexOf(one, StringComparison.Ordinal)).Where(place => place >= 0)];
        Stopped = places.Length > 0;
        int certain = Stopped ? places.Min() : last ? text.Length : text.Length - stop.Max(one => Begun(text, one));
        _held.Remove(0, certain);
        return text[..certain];
    }

    /// <summary>Characters at the end of a text that another one begins with, but not all of it.</summary>
    private static int Begun(string text, string stop)
    {
        int length = Math.Min(text.Length, stop.Length - 1);
        while (length > 0 && !text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
        {
            length--;
        }

        return length;
    }
}
