using MuonSharp.Formats;
using SkiaSharp;

namespace MuonSharp.Pictures.Tests;

/// <summary>Pictures: what our own writer made is read to the byte, and whatever is damaged is an error of one line.</summary>
public sealed class PictureDecoderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("muonsharp-pictures-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_png_of_ours_is_read_to_the_byte(int channels)
    {
        ImageShape shape = new(channels, 7, 11);
        byte[] pixels = Noise((int)shape.Length, 3);
        string path = Path.Combine(_folder.FullName, "a.png");
        File.WriteAllBytes(path, PngFile.ToBytes(pixels, shape));
        (byte[] read, ImageShape size) = new PictureDecoder().Decode(path);
        Assert.Equal(new ImageShape(3, 7, 11), size);
        Assert.Equal(channels == 3 ? pixels : [.. pixels, .. pixels, .. pixels], read);
    }

    [Fact]
    public void A_jpeg_is_read_within_what_it_loses()
    {
        byte[] smooth = [.. Enumerable.Range(0, 3 * 32 * 32).Select(i => (byte)(40 + (2 * (i % 32)) + (3 * (i / 32 % 32)) + (10 * (i / 1024))))];
        (byte[] read, ImageShape size) = PictureDecoder.Decode(Jpeg(smooth), "a.jpg");
        Assert.Equal(new ImageShape(3, 32, 32), size);
        Assert.All(smooth.Zip(read), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 12));
        Assert.InRange(smooth.Zip(read).Average(pair => Math.Abs(pair.First - pair.Second)), 0, 2);
    }

    [Fact]
    public void Half_a_picture_is_an_error()
    {
        byte[] png = PngFile.ToBytes(Noise(3 * 32 * 32, 1), new(3, 32, 32)), jpeg = Jpeg(Noise(3 * 32 * 32, 2));
        Refused(png[..(png.Length / 2)], "a part is missing");
        Refused(jpeg[..(jpeg.Length / 2)], "a part is missing");
        Refused(jpeg[..^4], "a part is missing");
        Refused([], "a PNG or JPEG file is needed");
        Refused("GIF89a, or text"u8.ToArray(), "a PNG or JPEG file is needed");
        byte[] flipped = [.. png];
        flipped[60] ^= 0x10;
        Refused(flipped, "the whole picture must be there and sound");
        Assert.Contains("no such file", Assert.Throws<InvalidFileException>(() => new PictureDecoder().Decode(Path.Combine(_folder.FullName, "none.png"))).Message, StringComparison.Ordinal);

        static void Refused(byte[] bytes, string problem)
        {
            string message = Assert.Throws<InvalidFileException>(() => PictureDecoder.Decode(bytes, "x.png")).Message;
            Assert.StartsWith("[picture] x.png: ", message, StringComparison.Ordinal);
            Assert.Contains(problem, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(2_000)]
    [InlineData(100_000, Explicit = true)]
    public void Damaged_pictures_are_errors_or_pictures(int rounds)
    {
        byte[][] seeds = [PngFile.ToBytes(Noise(3 * 16 * 16, 1), new(3, 16, 16)), Jpeg(Noise(3 * 32 * 32, 2))];
        int refused = 0;
        for (int round = 0; round < rounds; round++)
        {
            byte[] dice = Noise(16, (ulong)round + 10), bytes = [.. seeds[round % 2]];
            for (int change = 0; change < 1 + (dice[0] % 3); change++)
            {
                bytes[((dice[1 + (3 * change)] * 256) + dice[2 + (3 * change)]) % bytes.Length] = dice[3 + (3 * change)];
            }

            bytes = dice[15] % 4 == 0 ? bytes[..(dice[14] * bytes.Length / 255)] : bytes;
            try
            {
                (byte[] pixels, ImageShape shape) = PictureDecoder.Decode(bytes, "x");
                Assert.Equal(shape.Length, pixels.Length);
            }
            catch (InvalidFileException error)
            {
                Assert.DoesNotContain('\n', error.Message);
                refused++;
            }
        }

        Assert.InRange(refused, rounds / 4, rounds);
    }

    private static byte[] Jpeg(byte[] pixels)
    {
        using SKBitmap bitmap = new(new SKImageInfo(32, 32, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (int i = 0; i < 1024; i++)
        {
            bitmap.SetPixel(i % 32, i / 32, new SKColor(pixels[i], pixels[1024 + i], pixels[2048 + i]));
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
        return data.ToArray();
    }

    /// <summary>SplitMix64: every seed gives its own bytes.</summary>
    private static byte[] Noise(int count, ulong seed)
    {
        ulong state = seed * 0x9E3779B97F4A7C15;
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (byte)(z ^ (z >> 31));
        })];
    }
}
