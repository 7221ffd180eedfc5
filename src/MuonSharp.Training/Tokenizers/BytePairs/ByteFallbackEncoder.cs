using System.Globalization;
using System.Text;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Encodes characters, with U+2581 for the space; a character that is no token becomes its bytes.</summary>
/// <remarks>Merges cross words, so that a text is encoded as a whole. The pairs are those of the file and no others: a SentencePiece engine would
/// merge any two neighbours whose spelling is a token.</remarks>
internal sealed class ByteFallbackEncoder : ISymbolEncoder
{
    private readonly Dictionary<int, int> _characters = [];
    private readonly int[] _byteTokens = new int[256];
    private readonly MergeTable _merges;
    private readonly PrefixSpace _prefix;

    public ByteFallbackEncoder(TokenizerDefinition definition)
    {
        foreach ((string spelling, int token) in definition.Vocabulary)
        {
            if (TryByte(spelling, out byte value))
            {
                _byteTokens[value] = token;
            }
            else if (Rune.TryGetRuneAt(spelling.Length > 0 ? spelling : "\0\0", 0, out Rune rune) && rune.Utf16SequenceLength == spelling.Length)
            {
                _characters[rune.Value] = token;
            }
        }

        _prefix = definition.PrefixSpace;
        _merges = MergeTable.Of(definition);
    }

    /// <summary>The byte that a token such as <c>&lt;0x0A&gt;</c> stands for.</summary>
    public static bool TryByte(string spelling, out byte value)
    {
        value = 0;
        return spelling is ['<', '0', 'x', _, _, '>'] && byte.TryParse(spelling.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && spelling == $"<0x{value:X2}>";
    }

    public void Encode(ReadOnlySpan<char> text, bool isFirst, List<int> tokens)
    {
        List<int> symbols = new(text.Length + 1);
        if (_prefix == PrefixSpace.Always || (_prefix == PrefixSpace.First && isFirst && text[0] is not (' ' or TokenizerJson.Space)))
        {
            Spell(new Rune(TokenizerJson.Space), symbols);
        }

        foreach (Rune rune in text.EnumerateRunes())
        {
            Spell(rune.Value == ' ' ? new Rune(TokenizerJson.Space) : rune, symbols);
        }

        Span<int> row = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(symbols);
        tokens.AddRange(row[.._merges.Merge(row)]);
    }

    public int CutOf(ReadOnlySpan<char> text) => 0;

    private void Spell(Rune rune, List<int> symbols)
    {
        if (_characters.TryGetValue(rune.Value, out int token))
        {
            symbols.Add(token);
            return;
        }

        Span<byte> bytes = stackalloc byte[4];
        foreach (byte value in bytes[..rune.EncodeToUtf8(bytes)])
        {
            symbols.Add(_byteTokens[value]);
        }
    }
}
