using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>One token per byte of UTF-8: 256 tokens that can say anything.</summary>
public sealed class ByteTokenizer : ITokenizer
{
    /// <summary>Name of this kind.</summary>
    public const string KindName = "byte";

    private static readonly byte[] s_all = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    /// <inheritdoc/>
    public string Kind => KindName;

    /// <inheritdoc/>
    public int VocabularySize => s_all.Length;

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> tokens)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        tokens.EnsureCapacity(tokens.Count + bytes.Length);
        foreach (byte value in bytes)
        {
            tokens.Add(value);
        }
    }

    /// <inheritdoc/>
    public int CutOf(ReadOnlySpan<char> text) => TextCut.BehindCharacters(text);

    /// <inheritdoc/>
    public TokenDecoder NewDecoder() => TokenDecoder.OfBytes(token => s_all.AsMemory(token, 1));

    /// <inheritdoc/>
    public long CountBytes(ReadOnlySpan<int> tokens) => tokens.Length;

    /// <inheritdoc/>
    public JsonObject ToJson() => TokenizerKinds.NewJson(Kind);
}
