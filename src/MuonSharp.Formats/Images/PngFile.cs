using System.Buffers.Binary;
using System.IO.Compression;

namespace MuonSharp.Formats;

/// <summary>Writes small pictures as PNG files: grey or red, green and blue, 8 bits each.</summary>
/// <remarks>Source: the PNG specification, https://www.w3.org/TR/png/.</remarks>
public static class PngFile
{
    private const byte BitDepth = 8, Grey = 0, Colour = 2;

    /// <summary>A picture as the bytes of a PNG file.</summary>
    /// <param name="pixels">Shape [channels, height, width].</param>
    /// <param name="shape">Its size, of 1 or 3 channels.</param>
    /// <exception cref="ArgumentException">There are not so many pixels, or other channels.</exception>
    public static byte[] ToBytes(ReadOnlySpan<byte> pixels, ImageShape shape)
    {
        if (shape.Channels is not (1 or 3) || pixels.Length != shape.Length || pixels.IsEmpty)
        {
            throw new ArgumentException($"[png] a picture has 1 or 3 channels and as many pixels as its size says; {pixels.Length} came for {shape}");
        }

        int plane = shape.Height * shape.Width;
        byte[] rows = new byte[shape.Height * (1 + (shape.Width * shape.Channels))];
        int place = 0;
        for (int y = 0; y < shape.Height; y++)
        {
            // Each row begins with the filter that it was passed through: none.
            place++;
            for (int x = 0; x < shape.Width; x++)
            {
                for (int channel = 0; channel < shape.Channels; channel++)
                {
                    rows[place++] = pixels[(channel * plane) + (y * shape.Width) + x];
                }
            }
        }

        Span<byte> header = stackalloc byte[13];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, shape.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], shape.Height);
        (header[8], header[9]) = (BitDepth, shape.Channels == 1 ? Grey : Colour);
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        using MemoryStream file = new();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, packed.ToArray());
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void WriteChunk(MemoryStream file, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(kind);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum(data, Checksum(kind, uint.MaxValue)) ^ uint.MaxValue);
        file.Write(number);
    }

    /// <summary>The cyclic redundancy check of ISO 3309, reversed polynomial 0xEDB88320, bit by bit: pictures are small.</summary>
    private static uint Checksum(ReadOnlySpan<byte> data, uint sum)
    {
        foreach (byte value in data)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                sum = (sum & 1) == 0 ? sum >> 1 : (sum >> 1) ^ 0xEDB88320;
            }
        }

        return sum;
    }
}
