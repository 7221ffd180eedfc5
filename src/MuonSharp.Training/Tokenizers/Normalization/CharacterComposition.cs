using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace MuonSharp.Training;

/// <summary>Unicode's normalization form C: a letter and the marks behind it become one character where there is one.</summary>
/// <remarks><see cref="string.Normalize()"/> leaves everything as it is where globalization is invariant, as it is in the tool and in small containers; this does
/// not depend on that. Characters are decomposed, marks sorted by their classes, and pairs composed: Unicode Standard Annex 15, with the data of Unicode 14.</remarks>
internal static class CharacterComposition
{
    private const int FirstChanging = 0x300;
    private const int MaxRun = 32;
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    private static readonly Lazy<Tables> s_tables = new(Tables.Read);

    /// <summary>The composed form of a text without halves of surrogate pairs.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text itself if no character of it can change.</returns>
    public static string Compose(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(FirstChanging - 1)) < 0)
        {
            return text;
        }

        Tables tables = s_tables.Value;
        List<int> characters = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, tables, characters);
        }

        Span<int> all = CollectionsMarshal.AsSpan(characters);
        SortMarks(all, tables);
        int count = ComposePairs(all, tables);
        StringBuilder composed = new(text.Length);
        foreach (int character in all[..count])
        {
            composed.Append(new Rune(character));
        }

        return composed.ToString();
    }

    private static void Decompose(int character, Tables tables, List<int> characters)
    {
        int syllable = character - SBase;
        if (character < 0xC0 || (!tables.Parts.TryGetValue(character, out (int First, int Second) parts) && syllable is < 0 or >= SCount))
        {
            characters.Add(character);
        }
        else if (syllable is >= 0 and < SCount)
        {
            characters.Add(LBase + (syllable / (VCount * TCount)));
            characters.Add(VBase + (syllable % (VCount * TCount) / TCount));
            if (syllable % TCount != 0)
            {
                characters.Add(TBase + (syllable % TCount));
            }
        }
        else
        {
            Decompose(parts.First, tables, characters);
            if (parts.Second != 0)
            {
                Decompose(parts.Second, tables, characters);
            }
        }
    }

    private static void SortMarks(Span<int> characters, Tables tables)
    {
        for (int start = 0; start < characters.Length; start++)
        {
            int end = start;
            while (end < characters.Length && tables.ClassOf(characters[end]) != 0)
            {
                end++;
            }

            Span<int> marks = characters[start..end];
            if (marks.Length > MaxRun)
            {
                int[] sorted = [.. marks.ToArray().OrderBy(tables.ClassOf)];
                sorted.CopyTo(marks);
            }

            for (int i = 1; i < marks.Length; i++)
            {
                for (int j = i; j > 0 && tables.ClassOf(marks[j - 1]) > tables.ClassOf(marks[j]); j--)
                {
                    (marks[j - 1], marks[j]) = (marks[j], marks[j - 1]);
                }
            }

            start = end;
        }
    }

    private static int ComposePairs(Span<int> characters, Tables tables)
    {
        int count = 0, starter = -1, lastClass = -1;
        foreach (int character in characters)
        {
            int markClass = tables.ClassOf(character);
            if (starter >= 0 && lastClass < markClass && tables.Pair(characters[starter], character) is { } composed)
            {
                characters[starter] = composed;
                continue;
            }

            (starter, lastClass) = markClass == 0 ? (count, -1) : (starter, markClass);
            characters[count++] = character;
        }

        return count;
    }

    private sealed class Tables
    {
        private readonly Dictionary<int, byte> _classes = [];
        private readonly Dictionary<(int First, int Second), int> _pairs = [];

        public Dictionary<int, (int First, int Second)> Parts { get; } = [];

        public int ClassOf(int character) => character < FirstChanging ? 0 : _classes.GetValueOrDefault(character);

        public int? Pair(int first, int second)
        {
            if (first - LBase is >= 0 and < LCount && second - VBase is >= 0 and < VCount)
            {
                return SBase + ((((first - LBase) * VCount) + second - VBase) * TCount);
            }

            if (first - SBase is >= 0 and < SCount && (first - SBase) % TCount == 0 && second - TBase is > 0 and < TCount)
            {
                return first + second - TBase;
            }

            return _pairs.TryGetValue((first, second), out int composed) ? composed : null;
        }

        public static Tables Read()
        {
            Tables tables = new();
            using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("data/canonical.txt")!;
            using StreamReader reader = new(stream, Encoding.UTF8);
            while (reader.ReadLine() is { } line)
            {
                string[] words = line.Split(' ');
                switch (words[0])
                {
                    case "c":
                        for (int character = Hex(words[1]); character <= Hex(words[2]); character++)
                        {
                            tables._classes[character] = byte.Parse(words[3], CultureInfo.InvariantCulture);
                        }

                        break;
                    case "d" or "!":
                        (int First, int Second) parts = (Hex(words[2]), words.Length > 3 ? Hex(words[3]) : 0);
                        tables.Parts[Hex(words[1])] = parts;
                        if (words[0] == "d")
                        {
                            tables._pairs[parts] = Hex(words[1]);
                        }

                        break;
                }
            }

            return tables;
        }

        private static int Hex(string word) => int.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
