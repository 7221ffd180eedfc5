using System.Buffers;
using System.Text;

namespace MuonSharp.Training;

/// <summary>What bytes are that are no UTF-8 text: named in errors, with the command that makes UTF-8 of them.</summary>
internal static class EncodingGuess
{
    /// <summary>Bytes at the beginning of a file that say what it is.</summary>
    public const int Head = 8;

    /// <summary>Bytes that are looked at.</summary>
    public const int Sample = 1 << 16;

    // Longer ones first: UTF-32 begins as UTF-16 does.
    private static readonly (byte[] Begin, string What, string? Name)[] s_beginnings =
    [
        ([0xFF, 0xFE, 0, 0], "UTF-32", "UTF-32"),
        ([0, 0, 0xFE, 0xFF], "UTF-32", "UTF-32"),
        ([0xFF, 0xFE], "UTF-16", "UTF-16"),
        ([0xFE, 0xFF], "UTF-16", "UTF-16"),
        ([0x1F, 0x8B], "a gzip file", null),
        ("PK\u0003\u0004"u8.ToArray(), "a zip file", null),
        ("%PDF-"u8.ToArray(), "a PDF file", null),
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], "an image", null),
        ([0xFF, 0xD8, 0xFF], "an image", null),
    ];

    /// <summary>The end of an error message about a text that is not UTF-8: what it looks like, and the way on; empty where nobody can tell.</summary>
    /// <param name="head">Its first <see cref="Head"/> bytes.</param>
    /// <param name="rest">Its bytes from the first on that is not UTF-8, as many as there are at hand; the first <see cref="Sample"/> count.</param>
    /// <param name="source">What messages call it.</param>
    public static string Hint(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest, string source)
    {
        rest = rest[..Math.Min(rest.Length, Sample)];
        foreach ((byte[] begin, string what, string? name) in s_beginnings)
        {
            if (head.StartsWith(begin))
            {
                return name is not null ? Convert(what, name, source)
                    : what == "a gzip file" ? $"; it looks like {what}: zcat {source} | muonsharp train --data -"
                    : $"; it looks like {what}";
            }
        }

        return rest.Contains((byte)0) ? "; it looks like no text at all" : EightBit(rest, source);
    }

    /// <summary>The end of the message about <see cref="WithoutMark"/>.</summary>
    public static string Hint(string name, string source) => Convert(name, name, source);

    /// <summary>UTF-16 or UTF-32 that does not say so: of text that is mostly ASCII every second byte is zero, or three of four are. Null for anything else.</summary>
    /// <param name="bytes">The first bytes; such text is valid UTF-8.</param>
    public static string? WithoutMark(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, Sample)];
        if (bytes.Length < 4 || bytes[0] >= 0xFE || bytes[2] >= 0xFE || !bytes.Contains((byte)0))
        {
            return null;
        }

        Span<int> zeros = stackalloc int[4];
        for (int i = 0; i < bytes.Length; i++)
        {
            zeros[i % 4] += bytes[i] == 0 ? 1 : 0;
        }

        int many = bytes.Length / 4 * 3 / 4;
        return (zeros[0] > many, zeros[1] > many, zeros[2] > many, zeros[3] > many) switch
        {
            (false, true, false, true) => "UTF-16LE",
            (true, false, true, false) => "UTF-16BE",
            (false, true, true, true) => "UTF-32LE",
            (true, true, true, false) => "UTF-32BE",
            _ => null,
        };
    }

    private static string Convert(string what, string name, string source) => $"; it looks like {what}: iconv -f {name} -t UTF-8 {Word(source)} > utf8.txt";

    /// <summary>Bytes above ASCII that hardly ever form UTF-8 are letters of an eight-bit code; where most do, the text is damaged UTF-8.</summary>
    private static string EightBit(ReadOnlySpan<byte> bytes, string source)
    {
        (int sequences, int single, bool windows) = (0, 0, false);
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out _, out int length);
            sequences += status == OperationStatus.Done && length > 1 ? 1 : 0;
            if (status == OperationStatus.InvalidData)
            {
                (single, length) = (single + 1, 1);
                windows |= bytes[0] is >= 0x80 and < 0xA0;
            }

            bytes = bytes[length..];
        }

        return single <= sequences ? (sequences == 0 ? "" : "; most of it is UTF-8, so it may be damaged")
            : windows ? Convert("Windows-1252", "WINDOWS-1252", source) : Convert("Latin-1", "ISO-8859-1", source);
    }

    private static string Word(string source) => source.Contains(' ', StringComparison.Ordinal) ? $"'{source}'" : source;
}
