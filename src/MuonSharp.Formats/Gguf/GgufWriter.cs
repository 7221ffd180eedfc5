using System.Collections.Immutable;
using System.Text;

namespace MuonSharp.Formats;

/// <summary>Writes GGUF files of version 3, streaming: a tensor's elements are fetched and encoded a chunk at a time.</summary>
/// <remarks>Source: ggml, <c>docs/gguf.md</c>.</remarks>
public static class GgufWriter
{
    private const int ChunkElements = 1 << 14;

    /// <summary>Writes a file, replacing what was there.</summary>
    /// <param name="path">The file; appears under this name only when it is complete.</param>
    /// <param name="metadata">Keys and values.</param>
    /// <param name="tensors">The tensors, in the order in which they are to lie.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or a row is no multiple of what its encoding takes together.</exception>
    /// <exception cref="WriteFailedException">The file could not be written; what was there before is untouched.</exception>
    public static void Write(string path, GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors) =>
        ReplacedFile.Write(path, GgufFormat.Operation, stream => Write(stream, metadata, tensors));

    /// <summary>Writes one file's bytes to a stream.</summary>
    /// <param name="stream">Receives the bytes from its current position on, which is taken for the beginning; is not flushed.</param>
    /// <param name="metadata">Keys and values.</param>
    /// <param name="tensors">The tensors, in the order in which they are to lie.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or a row is no multiple of what its encoding takes together.</exception>
    public static void Write(Stream stream, GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors)
    {
        Check(tensors);
        byte[] header = Header(metadata, tensors);
        stream.Write(header);
        long position = header.Length;
        Pad(GgufFormat.Aligned(position, GgufFormat.DefaultAlignment) - position);
        float[] elements = new float[ChunkElements];
        foreach (GgufTensor tensor in tensors)
        {
            byte[] bytes = new byte[GgufElements.Bytes(tensor.Type, ChunkElements)];
            for (long start = 0; start < tensor.Count; start += ChunkElements)
            {
                Span<float> part = elements.AsSpan(0, (int)Math.Min(ChunkElements, tensor.Count - start));
                tensor.Read(start, part);
                Span<byte> encoded = bytes.AsSpan(0, (int)GgufElements.Bytes(tensor.Type, part.Length));
                GgufElements.Encode(tensor.Type, part, encoded);
                stream.Write(encoded);
            }

            Pad(Padding(tensor));
        }

        void Pad(long count) => stream.Write(new byte[count]);
    }

    private static void Check(IReadOnlyList<GgufTensor> tensors)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (GgufTensor tensor in tensors)
        {
            if (!names.Add(tensor.Name) || tensor.Shape.Length is 0 or > GgufFormat.MostAxes || tensor.Shape[^1] % GgufElements.Together(tensor.Type) != 0)
            {
                throw new ArgumentException(
                    $"[gguf] a tensor has a name of its own, 1 to {GgufFormat.MostAxes} axes and rows that its encoding fits; {OneLine.Quote(tensor.Name)} [{string.Join(", ", tensor.Shape)}] {tensor.Type}");
            }
        }
    }

    private static byte[] Header(GgufMetadata metadata, IReadOnlyList<GgufTensor> tensors)
    {
        using MemoryStream memory = new();
        using BinaryWriter writer = new(memory, Encoding.UTF8, leaveOpen: true);
        writer.Write(GgufFormat.Magic);
        writer.Write(GgufFormat.Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach ((string key, object value) in metadata)
        {
            Write(writer, key);
            WriteValue(writer, value);
        }

        long offset = 0;
        foreach (GgufTensor tensor in tensors)
        {
            Write(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            for (int axis = tensor.Shape.Length - 1; axis >= 0; axis--)
            {
                writer.Write((ulong)tensor.Shape[axis]);
            }

            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset += GgufElements.Bytes(tensor.Type, tensor.Count) + Padding(tensor);
        }

        writer.Flush();
        return memory.ToArray();
    }

    private static long Padding(GgufTensor tensor)
    {
        long bytes = GgufElements.Bytes(tensor.Type, tensor.Count);
        return GgufFormat.Aligned(bytes, GgufFormat.DefaultAlignment) - bytes;
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                writer.Write((uint)GgufKind.Text);
                Write(writer, text);
                break;
            case bool flag:
                writer.Write((uint)GgufKind.Bool);
                writer.Write(flag);
                break;
            case uint number:
                writer.Write((uint)GgufKind.U32);
                writer.Write(number);
                break;
            case float number:
                writer.Write((uint)GgufKind.F32);
                writer.Write(number);
                break;
            case string[] texts:
                WriteList(writer, GgufKind.Text, texts.Length);
                Array.ForEach(texts, text => Write(writer, text));
                break;
            case int[] numbers:
                WriteList(writer, GgufKind.I32, numbers.Length);
                Array.ForEach(numbers, writer.Write);
                break;
            case float[] numbers:
                WriteList(writer, GgufKind.F32, numbers.Length);
                Array.ForEach(numbers, writer.Write);
                break;
            default:
                throw new ArgumentException($"[gguf] text, truth values, numbers and lists of them are written; {value.GetType().Name} came");
        }
    }

    private static void WriteList(BinaryWriter writer, GgufKind kind, int count)
    {
        writer.Write((uint)GgufKind.List);
        writer.Write((uint)kind);
        writer.Write((ulong)count);
    }

    private static void Write(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}

/// <summary>A tensor to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Type">How its elements are encoded.</param>
/// <param name="Read">Fetches as many elements as fit, from a number on, row-major.</param>
public sealed record GgufTensor(string Name, ImmutableArray<int> Shape, GgufElement Type, GgufTensorReader Read)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}

/// <summary>Fetches elements of a tensor.</summary>
/// <param name="start">The first one, row-major.</param>
/// <param name="values">Receives as many as it is long.</param>
public delegate void GgufTensorReader(long start, Span<float> values);
