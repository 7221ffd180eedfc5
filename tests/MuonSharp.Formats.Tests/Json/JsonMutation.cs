using System.Text;

namespace MuonSharp.Formats.Tests;

/// <summary>Damages JSON texts: by bytes, by words that JSON knows, and by moving whole values, so that what comes is often JSON again.</summary>
internal static class JsonMutation
{
    private static readonly byte[][] s_words =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", ",", ":", "-", "0", "9", "1e9", "1e999", "20.0", "2e1", "20.5", "-1", "null", "true", "false", "\"\"", "{}", "[]", "[null]", "\\", "\\n",
            "\\ud800", "\\udc00\\ud800", "\\u0000", "\\u001b]0;owned\\u0007", "\u202e", "\u2028", "\u0085", "// c\n", "/* c */", "\ufeff", "18446744073709551616", "9223372036854775808",
            "-9223372036854775809", "1e-400", "0.1", "1e40", "\"NaN\"", "\"x\":1,", "\"kind\":\"step\",", "\"\\ud800\":1,", "\n", " ", "[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff], [0xe9], [0], [0x1b], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xff, 0xfe], new byte[64], .. Enumerable.Repeat("[", 70).Select(_ => (byte[])[.. Enumerable.Repeat((byte)'[', 70)]).Take(1),
    ];

    /// <summary>A damaged copy; mostly one change, sometimes four.</summary>
    public static byte[] Of(ReadOnlySpan<byte> text, Dice dice)
    {
        List<byte> bytes = [.. text];
        for (int change = dice.Below(2) == 0 ? 1 : 1 + dice.Below(4); change > 0 && bytes.Count > 0; change--)
        {
            Change(bytes, dice);
        }

        return [.. bytes];
    }

    private static void Change(List<byte> bytes, Dice dice)
    {
        int place = dice.Below(bytes.Count);
        switch (dice.Below(10))
        {
            case 0:
                bytes[place] ^= (byte)(1 << dice.Below(8));
                break;
            case 1:
                bytes[place] = (byte)dice.Below(256);
                break;
            case 2:
                bytes.InsertRange(place, s_words[dice.Below(s_words.Length)]);
                break;
            case 3:
                bytes.RemoveRange(place, Math.Min(bytes.Count - place, 1 + dice.Below(16)));
                break;
            case 4:
                bytes.RemoveRange(place, bytes.Count - place);
                break;
            case 5:
                (int from, int length) = Value(bytes, dice);
                bytes.InsertRange(place, bytes.GetRange(from, length));
                break;
            case 6: // A key or a value comes twice.
                (from, length) = Value(bytes, dice);
                bytes.InsertRange(from, [.. bytes.GetRange(from, length), (byte)',']);
                break;
            default: // A word or a value in the place of a value: most of this is JSON again.
                (from, length) = Value(bytes, dice);
                byte[] other = dice.Below(2) == 0 ? s_words[dice.Below(s_words.Length)] : Copy(bytes, Value(bytes, dice));
                bytes.RemoveRange(from, length);
                bytes.InsertRange(from, other);
                break;
        }
    }

    private static byte[] Copy(List<byte> bytes, (int From, int Length) range) => [.. bytes.GetRange(range.From, range.Length)];

    /// <summary>A stretch between two separators, as a scalar or a key is.</summary>
    private static (int From, int Length) Value(List<byte> bytes, Dice dice)
    {
        const string Separators = "{}[],:\n";
        int from = dice.Below(bytes.Count);
        while (from > 0 && !Separators.Contains((char)bytes[from - 1], StringComparison.Ordinal))
        {
            from--;
        }

        int end = from;
        while (end < bytes.Count && !Separators.Contains((char)bytes[end], StringComparison.Ordinal))
        {
            end++;
        }

        return (from, end - from);
    }
}
