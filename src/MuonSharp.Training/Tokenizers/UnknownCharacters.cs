using System.Globalization;
using System.Text;

namespace MuonSharp.Training;

/// <summary>What becomes of characters that a tokenizer does not know.</summary>
public enum UnknownCharacters
{
    /// <summary>An error lists them.</summary>
    Refuse,

    /// <summary>They are left out.</summary>
    Skip,
}

/// <summary>The characters of a text that a tokenizer does not know: how often each came, and in which line first.</summary>
internal sealed class UnknownCounts
{
    private const int MostListed = 10;

    private readonly Dictionary<Rune, (long Count, long Line)> _counts = [];
    private long _line = 1;

    /// <summary>How many there were.</summary>
    public long Total { get; private set; }

    /// <summary>Takes the next part of a text.</summary>
    /// <param name="text">The part.</param>
    /// <param name="knows">Whether a character is known.</param>
    /// <param name="kept">Receives the characters that are known; null: nothing is kept.</param>
    public void Add(ReadOnlySpan<char> text, Func<Rune, bool> knows, StringBuilder? kept = null)
    {
        foreach (Rune character in text.EnumerateRunes())
        {
            if (knows(character))
            {
                kept?.Append(character);
            }
            else
            {
                (long count, long line) = _counts.GetValueOrDefault(character, (0, _line));
                _counts[character] = (count + 1, line);
                Total++;
            }

            _line += character.Value == '\n' ? 1 : 0;
        }
    }

    /// <summary>The error about them.</summary>
    /// <param name="source">What the text is called; null: nothing.</param>
    /// <param name="known">How many characters are known.</param>
    /// <param name="canSkip">Whether who reads the message has an option <c>--unknown</c>.</param>
    public BadInputException Error(string? source, int known, bool canSkip = false)
    {
        IEnumerable<string> listed = _counts.OrderByDescending(pair => pair.Value.Count).ThenBy(pair => pair.Key).Take(MostListed)
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{Describe(pair.Key)} {pair.Value.Count:N0} times, first in line {pair.Value.Line:N0}").Replace(" 1 times", " once", StringComparison.Ordinal));
        string more = _counts.Count > MostListed ? $"; and {_counts.Count - MostListed} others" : "";
        return new BadInputException(
            $"[tokenizer] {(source is null ? "" : source + ": ")}every character must be one of the {known} of the training text; {string.Join("; ", listed)}{more} came ({(canSkip ? "--unknown skip leaves them out; " : "")}a run with data.tokenizer=byte knows all)");
    }

    private static string Describe(Rune character) =>
        Rune.IsControl(character) ? $"U+{character.Value:X4}" : $"'{character}' (U+{character.Value:X4})";
}
