using System.Text;
using System.Text.Unicode;

namespace MuonSharp.Training;

/// <summary>Reads text strictly: what is not UTF-8 is an error, never a replacement character.</summary>
public static class TextFile
{
    private static readonly byte[] s_byteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <summary>The text of a UTF-8 file, without a byte order mark; line ends stay as they are.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadInputException">There is no such file, it is a directory, empty, or not UTF-8.</exception>
    public static string Read(string path) => Decode(InputFile.ReadAll("data", path), path);

    /// <summary>The text of UTF-8 bytes, without a byte order mark.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="source">Where they come from, for messages.</param>
    /// <exception cref="BadInputException">The text is empty or not UTF-8.</exception>
    internal static string Decode(ReadOnlySpan<byte> utf8, string source)
    {
        if (utf8.StartsWith(s_byteOrderMark))
        {
            utf8 = utf8[s_byteOrderMark.Length..];
        }

        if (utf8.IsEmpty)
        {
            throw new BadInputException($"[data] {source}: the text must not be empty; 0 bytes came");
        }

        if (!Utf8.IsValid(utf8))
        {
            int place = FirstInvalid(utf8);
            throw new BadInputException($"[data] {source}: the text must be UTF-8; byte 0x{utf8[place]:X2} came at offset {place}");
        }

        return Encoding.UTF8.GetString(utf8);
    }

    private static int FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        int place = 0;
        while (Rune.DecodeFromUtf8(utf8[place..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            place += length;
        }

        return place;
    }
}
