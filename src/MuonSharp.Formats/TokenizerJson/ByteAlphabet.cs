using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MuonSharp.Formats;

/// <summary>GPT-2's alphabet: a visible character for each of the 256 bytes, so that a vocabulary of bytes can be written as text.</summary>
/// <remarks>A byte that is a visible character of Latin-1 (0x21 to 0x7E, 0xA1 to 0xAC, 0xAE to 0xFF) stands for itself; the others are U+0100, U+0101 and so on in
/// their order, so that a space is U+0120. Source: <c>bytes_to_unicode</c> of github.com/openai/gpt-2.</remarks>
public static class ByteAlphabet
{
    private const int FirstOther = 0x100;

    private static readonly char[] s_letters = Build();
    private static readonly short[] s_bytes = Invert(s_letters);

    /// <summary>The letter of a byte.</summary>
    /// <param name="value">The byte.</param>
    public static char LetterOf(byte value) => s_letters[value];

    /// <summary>The byte of a letter.</summary>
    /// <param name="letter">Any character.</param>
    /// <param name="value">The byte.</param>
    /// <returns>False for a character that is none of the 256.</returns>
    public static bool TryByteOf(char letter, out byte value)
    {
        int found = letter < s_bytes.Length ? s_bytes[letter] : -1;
        value = (byte)Math.Max(found, 0);
        return found >= 0;
    }

    /// <summary>Some bytes in letters.</summary>
    /// <param name="bytes">The bytes.</param>
    public static string Spell(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        foreach (byte value in bytes)
        {
            text.Append(s_letters[value]);
        }

        return text.ToString();
    }

    /// <summary>The bytes that some letters stand for.</summary>
    /// <param name="letters">Letters.</param>
    /// <param name="bytes">As many bytes.</param>
    /// <returns>False if one is no letter of the alphabet.</returns>
    public static bool TryRead(ReadOnlySpan<char> letters, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = new byte[letters.Length];
        for (int i = 0; i < letters.Length; i++)
        {
            if (!TryByteOf(letters[i], out bytes[i]))
            {
                bytes = null;
                return false;
            }
        }

        return true;
    }

    private static char[] Build()
    {
        char[] letters = new char[256];
        int others = 0;
        for (int value = 0; value < letters.Length; value++)
        {
            letters[value] = (char)(value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE ? value : FirstOther + others++);
        }

        return letters;
    }

    private static short[] Invert(char[] letters)
    {
        short[] bytes = new short[letters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < letters.Length; value++)
        {
            bytes[letters[value]] = (short)value;
        }

        return bytes;
    }
}
