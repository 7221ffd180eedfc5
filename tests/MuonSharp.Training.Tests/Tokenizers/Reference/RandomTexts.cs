using System.Text;

namespace MuonSharp.Training.Tests.Tokenizers.Reference;

/// <summary>Texts that tokenizers find hard, the same in every run.</summary>
internal static class RandomTexts
{
    private static readonly string[] s_pieces =
    [
        " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2003", "'s", "'LL", "'re", "don't", "1", "234567", "\u00bd", "\u0661", "!", "?!", "...", "<|endoftext|>", "<s>", "</s>", "<0x41>", "e\u0301", "\u00e9", "\u0344", "\u1e9b\u0323",
        "\ud55c\uad6d", "\u1112\u1161\u11ab", "\u65e5\u672c\u8a9e", "\ud83d\ude00", "\ud83d\udc69\u200d\ud83d\udc67", "\ud835\udc00\ud835\udc01", "\ud835\udfd8", "\ufb01", "\u01c5", "\u0130", "\u2581", "\u0000", "\u0085", "\ufeff", "the", " and", "Elizabeth", "HTTPServer", "snake_case",
    ];

    public static string[] Make(int count, ulong seed)
    {
        Dice dice = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => One(dice))];
    }

    private static string One(Dice dice)
    {
        StringBuilder text = new();
        for (int left = dice.Below(20); left > 0; left--)
        {
            switch (dice.Below(4))
            {
                case 0:
                    text.Append((char)(32 + dice.Below(95)));
                    break;
                case 1:
                    // Unicode 14 knows all of these: later letters and marks are read differently by implementations of different age.
                    int value = dice.Below(dice.Below(2) == 0 ? 0x2000 : 0x1F000);
                    text.Append(Rune.IsValid(value) && Rune.GetUnicodeCategory(new(value)) != System.Globalization.UnicodeCategory.OtherNotAssigned ? new Rune(value).ToString() : "x");
                    break;
                default:
                    text.Append(s_pieces[dice.Below(s_pieces.Length)]);
                    break;
            }
        }

        return text.ToString();
    }
}

/// <summary>SplitMix64: every seed gives its own draws, the same on every machine.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed * 0x9E3779B97F4A7C15;

    public int Below(int limit)
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)limit);
    }
}
