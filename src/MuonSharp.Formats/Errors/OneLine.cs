using System.Text;

namespace MuonSharp.Formats;

/// <summary>Makes text that came from a file safe to print as part of a one-line message.</summary>
internal static class OneLine
{
    private const int ShortLimit = 100;
    private const int MessageLimit = 1000;

    /// <summary>A name from a file in quotes, escaped and cut to a readable length.</summary>
    public static string Quote(string name) => $"'{Short(name)}'";

    /// <summary>A part of a message, escaped and cut to a readable length.</summary>
    public static string Short(string text) => Escape(text, ShortLimit);

    /// <summary>A whole message on one line.</summary>
    public static string Message(string text) => Escape(text, MessageLimit);

    private static string Escape(string text, int limit)
    {
        if (text.Length <= limit && !HasOddCharacter(text))
        {
            return text;
        }

        var line = new StringBuilder();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, limit)))
        {
            _ = IsOdd(c) ? line.Append($"\\u{(int)c:x4}") : line.Append(c);
        }

        return text.Length > limit ? line.Append("...").ToString() : line.ToString();
    }

    private static bool HasOddCharacter(string text)
    {
        foreach (char c in text)
        {
            if (IsOdd(c))
            {
                return true;
            }
        }

        return false;
    }

    // Line and paragraph separators break a line, and directional marks reorder one.
    private static bool IsOdd(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e');
}
