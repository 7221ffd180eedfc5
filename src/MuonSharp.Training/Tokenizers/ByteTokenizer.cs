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
    public int[] Encode(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return Array.ConvertAll(bytes, value => (int)value);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Bytes(int token) => s_all.AsSpan(token, 1);

    /// <inheritdoc/>
    public JsonObject ToJson() => new() { ["kind"] = Kind };
}
