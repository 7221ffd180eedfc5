using System.Buffers.Binary;
using System.IO.Compression;

namespace MuonSharp.Formats.Tests;

/// <summary>PNG files byte by byte as their specification has them.</summary>
public class PngFileTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    public void The_chunks_hold_size_kind_and_rows(int channels, byte colour)
    {
        ImageShape shape = new(channels, 3, 5);
        byte[] pixels = HandMadeImages.Noise((int)shape.Length, 1), file = PngFile.ToBytes(pixels, shape);
        Assert.Equal([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], file[..8]);
        Assert.Equal([0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 5, 0, 0, 0, 3, 8, colour, 0, 0, 0], file[8..29]);
        int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(33));
        Assert.Equal("IDAT"u8, file.AsSpan(37, 4));
        using ZLibStream zlib = new(new MemoryStream(file[41..(41 + length)]), CompressionMode.Decompress);
        using MemoryStream rows = new();
        zlib.CopyTo(rows);
        byte[] expected =
        [
            .. Enumerable.Range(0, 3).SelectMany(y => new[] { (byte)0 }.Concat(
                Enumerable.Range(0, 5).SelectMany(x => Enumerable.Range(0, channels).Select(c => pixels[(c * 15) + (y * 5) + x])))),
        ];
        Assert.Equal(expected, rows.ToArray());

        // The checksum of an empty IEND is a constant of the format.
        Assert.Equal([0, 0, 0, 0, .. "IEND"u8, 0xae, 0x42, 0x60, 0x82], file[^12..]);
    }

    [Fact]
    public void A_picture_has_one_or_three_channels_and_all_of_its_pixels()
    {
        Assert.Throws<ArgumentException>(() => PngFile.ToBytes(new byte[8], new(2, 2, 2)));
        Assert.Throws<ArgumentException>(() => PngFile.ToBytes(new byte[3], new(1, 2, 2)));
    }
}
