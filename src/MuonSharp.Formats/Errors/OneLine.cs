using System.Text;

namespace MuonSharp.Formats;

/// <summary>The one rule for text that may have come from a file or a model: what a terminal would obey, or a line cannot hold, is shown and not sent.</summary>
/// <remarks>Escaped as <c>\u001b</c> are control characters, line and paragraph separators, marks that reorder a line, and halves of surrogate pairs.</remarks>
public static class OneLine
{
    private const int ShortLimit = 100;
    private const int MessageLimit = 1000;

    /// <summary>A name in quotes, escaped and cut to a readable length.</summary>
    /// <param name="name">Any text.</param>
    public static string Quote(string name) => $"'{Short(name)}'";

    /// <summary>A part of a message, escaped and cut to a readable length.</summary>
    /// <param name="text">Any text.</param>
    public static string Short(string text) => Cut(text, ShortLimit);

    /// <summary>A whole message on one line.</summary>
    /// <param name="text">Any text.</param>
    public static string Message(string text) => Cut(text, MessageLimit);

    /// <summary>Text on one line, escaped and cut.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="limit">Most characters; what was cut off shows as three points.</param>
    public static string Cut(string text, int limit) => Escape(text, limit, lines: false);

    /// <summary>Text of several lines for a terminal: line ends and tabs stay, the rest is escaped.</summary>
    /// <param name="text">Any text.</param>
    public static string Printable(string text) => Escape(text, int.MaxValue, lines: true);

    private static string Escape(string text, int limit, bool lines)
    {
        int length = Math.Min(text.Length, limit);
        int odd = 0;
        while (odd < length && !IsOdd(text, odd, lines))
        {
            odd++;
        }

        if (odd == text.Length)
        {
            return text;
        }

        StringBuilder line = new(text, 0, odd, length + 16);
        for (int i = odd; i < length; i++)
        {
            _ = IsOdd(text, i, lines) ? line.Append($"\\u{(int)text[i]:x4}") : line.Append(text[i]);
        }

        if (text.Length > length)
        {
            line.Length -= line.Length > 0 && char.IsHighSurrogate(line[^1]) ? 1 : 0;
            _ = line.Append("...");
        }

        return line.ToString();
    }

    // Line and paragraph separators break a line, and directional marks reorder one.
    private static bool IsOdd(string text, int i, bool lines) => text[i] switch
    {
        '\n' or '\t' when lines => false,
        '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') => true,
        char c when char.IsHighSurrogate(c) => i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]),
        char c when char.IsLowSurrogate(c) => i == 0 || !char.IsHighSurrogate(text[i - 1]),
        char c => char.IsControl(c),
    };
}
