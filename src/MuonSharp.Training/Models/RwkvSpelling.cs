using System.Globalization;
using System.Text;

namespace MuonSharp.Training;

/// <summary>Bytes as rwkv's vocabulary spells them: printable ASCII as it is, a backslash twice, all others by their number.</summary>
/// <remarks>Source: llama.cpp, <c>llama_unescape_rwkv_token</c>.</remarks>
internal static class RwkvSpelling
{
    /// <summary>The spelling of some bytes.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        foreach (byte value in bytes)
        {
            text.Append(value switch
            {
                (byte)'\\' => @"\\",
                >= 0x20 and < 0x7f => ((char)value).ToString(),
                _ => $"\\x{value:x2}",
            });
        }

        return text.ToString();
    }

    /// <summary>The bytes that are spelt; false where a backslash is followed by what means nothing.</summary>
    public static bool TryRead(string text, out byte[] bytes)
    {
        List<byte> read = [];
        ReadOnlySpan<byte> utf8 = Encoding.UTF8.GetBytes(text);
        for (int i = 0; i < utf8.Length; i++)
        {
            int kind = utf8[i] != '\\' ? -1 : i + 1 < utf8.Length ? utf8[i + 1] : 0;
            if (kind == 'x' && i + 3 < utf8.Length && byte.TryParse(utf8.Slice(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                read.Add(value);
                i += 3;
                continue;
            }

            int meant = kind switch { -1 => utf8[i], '\\' => '\\', 't' => '\t', 'n' => '\n', 'r' => '\r', _ => -1 };
            if (meant < 0)
            {
                bytes = [];
                return false;
            }

            read.Add((byte)meant);
            i += kind < 0 ? 0 : 1;
        }

        bytes = [.. read];
        return true;
    }
}
