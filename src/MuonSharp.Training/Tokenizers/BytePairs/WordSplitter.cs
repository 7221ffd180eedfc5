using System.Text;
using System.Text.RegularExpressions;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Cuts a text into the words that a byte pair encoding works on: each expression cuts the pieces of the one before it, at both ends of its matches.</summary>
/// <remarks>.NET's expressions see a character beyond U+FFFF as two halves of no kind, where Hugging Face's see a letter or a digit: they are shown one character of
/// the same category instead.</remarks>
internal sealed partial class WordSplitter
{
    private const string Gpt2 = TokenizerJson.Gpt2Pattern;

    /// <summary>Qwen 2's and 3's rule.</summary>
    internal const string Qwen = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Llama 3's rule.</summary>
    internal const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string DeepSeekWords = @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // One character of each category, in the order of UnicodeCategory; none that an expression is likely to name.
    private static readonly char[] s_shown =
        [.. "\u0100\u0101\u01c5\u02b0\u01bb\u0300\u0903\u0488\u0660\u2160\u2460\u2003\u2028\u2029\u0084\u200c\ufffd\ue000\u203f\u2010\u2045\u2046\u201b\u203a\u2020\u2044\u20a0\u02c2\u2100\u0378"];

    /// <summary>DeepSeek-V3's rule: up to three digits, Chinese and Japanese, the rest.</summary>
    internal static IReadOnlyList<string> DeepSeek { get; } = [@"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", DeepSeekWords];

    private const int MostMilliseconds = 10_000;

    private readonly Regex[] _expressions;

    public WordSplitter(IReadOnlyList<string> patterns)
    {
        _expressions = [.. patterns.Select(pattern => pattern switch
        {
            Gpt2 => Gpt2Expression(),
            Qwen => QwenExpression(),
            Llama3 => Llama3Expression(),
            DeepSeekWords => DeepSeekExpression(),
            TokenizerJson.DigitPattern => DigitExpression(),
            _ => SplitPattern.Create(pattern),
        })];
        Cuts = patterns is [Gpt2] or [TokenizerJson.DigitPattern, Gpt2] ? CutRule.BeforeBlanks : patterns is [Qwen] or [Llama3] ? CutRule.BeforeSpaces : CutRule.None;
    }

    /// <summary>Where a text may be cut so that its words stay the same whatever follows.</summary>
    private enum CutRule
    {
        None,
        BeforeBlanks,
        BeforeSpaces,
    }

    private CutRule Cuts { get; }

    /// <summary>How much of a text can be cut into words by itself.</summary>
    public int CutOf(ReadOnlySpan<char> text)
    {
        for (int i = text.Length - 1; i > 0 && Cuts != CutRule.None; i--)
        {
            char behind = text[i], before = text[i - 1];
            bool cuts = Cuts == CutRule.BeforeBlanks ? behind is ' ' or '\n' or '\r' or '\t' : behind is ' ' || (behind is '\n' or '\r' && char.IsLetterOrDigit(before));
            if (cuts && !char.IsWhiteSpace(before) && !char.IsSurrogate(before))
            {
                return i;
            }
        }

        return 0;
    }

    /// <summary>The words of a text, one behind the other.</summary>
    public List<(int Offset, int Length)> Split(ReadOnlySpan<char> text)
    {
        List<(int Offset, int Length)> words = new((text.Length / 4) + 1) { (0, text.Length) };
        int[]? places = null;
        ReadOnlySpan<char> shown = text.IndexOfAnyInRange('\ud800', '\udfff') < 0 ? text : Show(text, out places);
        words[0] = (0, shown.Length);
        try
        {
            foreach (Regex expression in _expressions)
            {
                words = Split(shown, words, expression);
            }
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new BadInputException($"[tokenizer] each word must be found within {MostMilliseconds / 1000} s; the tokenizer's own expression takes longer on this text", exception);
        }

        for (int i = 0; places is not null && i < words.Count; i++)
        {
            (int offset, int length) = words[i];
            words[i] = (places[offset], places[offset + length] - places[offset]);
        }

        return words;
    }

    private static List<(int Offset, int Length)> Split(ReadOnlySpan<char> text, List<(int Offset, int Length)> pieces, Regex expression)
    {
        List<(int Offset, int Length)> words = new(Math.Max(pieces.Count, (text.Length / 4) + 1));
        foreach ((int start, int length) in pieces)
        {
            int done = 0;
            foreach (ValueMatch match in expression.EnumerateMatches(text.Slice(start, length)))
            {
                Add(start + done, match.Index - done);
                Add(start + match.Index, match.Length);
                done = match.Index + match.Length;
            }

            Add(start + done, length - done);
        }

        return words;

        void Add(int offset, int count)
        {
            if (count > 0)
            {
                words.Add((offset, count));
            }
        }
    }

    private static char[] Show(ReadOnlySpan<char> text, out int[] places)
    {
        char[] shown = new char[text.Length];
        places = new int[text.Length + 1];
        int count = 0, place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            places[count] = place;
            shown[count++] = rune.IsBmp ? (char)rune.Value : s_shown[(int)Rune.GetUnicodeCategory(rune)];
            place += rune.Utf16SequenceLength;
        }

        places[count] = place;
        return shown[..count];
    }

    [GeneratedRegex(Gpt2, RegexOptions.CultureInvariant, MostMilliseconds)]
    private static partial Regex Gpt2Expression();

    [GeneratedRegex(Qwen, RegexOptions.CultureInvariant, MostMilliseconds)]
    private static partial Regex QwenExpression();

    [GeneratedRegex(Llama3, RegexOptions.CultureInvariant, MostMilliseconds)]
    private static partial Regex Llama3Expression();

    [GeneratedRegex(DeepSeekWords, RegexOptions.CultureInvariant, MostMilliseconds)]
    private static partial Regex DeepSeekExpression();

    [GeneratedRegex(TokenizerJson.DigitPattern, RegexOptions.CultureInvariant, MostMilliseconds)]
    private static partial Regex DigitExpression();
}
