using System.Text;

namespace MuonSharp.Training;

/// <summary>Turns tokens into text, one after the other: it hands out text as soon as nothing that follows can change it.</summary>
public abstract class TokenDecoder
{
    /// <summary>Takes the next token.</summary>
    /// <param name="token">A token of the vocabulary.</param>
    /// <returns>The text that has become complete; often empty, for a special token always.</returns>
    public abstract string Add(int token);

    /// <summary>Ends the text.</summary>
    /// <returns>What was held back; of bytes that never became a character U+FFFD.</returns>
    public virtual string Flush() => "";

    /// <summary>A decoder of tokens that stand for text each.</summary>
    /// <param name="text">The text of a token.</param>
    public static TokenDecoder OfText(Func<int, string> text) => new TextDecoder(text);

    /// <summary>A decoder of tokens that stand for bytes each: a character may take several.</summary>
    /// <param name="bytes">The bytes of a token, of UTF-8 when put together.</param>
    public static TokenDecoder OfBytes(Func<int, ReadOnlyMemory<byte>> bytes) => new BytesDecoder(bytes);

    private sealed class TextDecoder(Func<int, string> text) : TokenDecoder
    {
        public override string Add(int token) => text(token);
    }

    private sealed class BytesDecoder(Func<int, ReadOnlyMemory<byte>> bytes) : TokenDecoder
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
        private char[] _characters = new char[8];

        public override string Add(int token) => Decode(bytes(token).Span, flush: false);

        public override string Flush() => Decode([], flush: true);

        private string Decode(ReadOnlySpan<byte> utf8, bool flush)
        {
            int most = Encoding.UTF8.GetMaxCharCount(utf8.Length);
            _characters = _characters.Length < most ? new char[most] : _characters;
            return new string(_characters, 0, _decoder.GetChars(utf8, _characters, flush));
        }
    }
}

/// <summary>Where text may be cut without a surrogate pair being torn.</summary>
internal static class TextCut
{
    /// <summary>All of the text, or all but the first half of a pair at its end.</summary>
    public static int BehindCharacters(ReadOnlySpan<char> text) => text is [.., var last] && char.IsHighSurrogate(last) ? text.Length - 1 : text.Length;
}
