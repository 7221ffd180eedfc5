namespace MuonSharp.Training;

/// <summary>Reads a text in parts that can be worked on by themselves.</summary>
internal static class TextChunks
{
    private const int ChunkLength = 1 << 16;

    /// <summary>Takes a part of a text.</summary>
    public delegate void PartAction(ReadOnlySpan<char> part);

    /// <summary>How much of a text can be worked on by itself, whatever follows; 0: all of it is needed.</summary>
    public delegate int CutFunction(ReadOnlySpan<char> text);

    /// <summary>Reads a text to its end.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="cutOf">Where it may be cut.</param>
    /// <param name="take">Receives the parts, the last one too; none is empty but that of an empty text.</param>
    public static void Read(TextReader reader, CutFunction cutOf, PartAction take)
    {
        char[] buffer = new char[ChunkLength];
        int held = 0;
        while (reader.Read(buffer, held, buffer.Length - held) is var read and > 0)
        {
            held += read;
            int cut = cutOf(buffer.AsSpan(0, held));
            take(buffer.AsSpan(0, cut));
            buffer.AsSpan(cut, held - cut).CopyTo(buffer);
            held -= cut;
            if (held > buffer.Length / 2)
            {
                Array.Resize(ref buffer, 2 * buffer.Length);
            }
        }

        take(buffer.AsSpan(0, held));
    }
}
