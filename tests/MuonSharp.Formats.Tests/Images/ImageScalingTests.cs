using System.Text.Json;

namespace MuonSharp.Formats.Tests;

public class ImageScalingTests
{
    /// <summary>What Pillow 9.4 makes of the same numbers in floating point: <c>Image.resize((width, height), BILINEAR)</c> of mode F to torchvision's size for the shorter side, and the middle of that.</summary>
    public static TheoryData<int, int, int, double[]> Pillow
    {
        get
        {
            using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Images", "Golden", "squares.json"));
            TheoryData<int, int, int, double[]> data = [];
            foreach (JsonElement each in JsonDocument.Parse(file).RootElement.EnumerateArray())
            {
                data.Add(each.GetProperty("height").GetInt32(), each.GetProperty("width").GetInt32(), each.GetProperty("size").GetInt32(), [.. each.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Pillow))]
    public void Squares_are_those_of_Pillow(int height, int width, int size, double[] expected)
    {
        byte[] plane = [.. Enumerable.Range(0, height * width).Select(i => (byte)((i * 37) + (i * i * 11) + (i / width * 29)))], inverted = [.. plane.Select(value => (byte)(255 - value))];
        byte[] square = ImageScaling.Square([.. plane, .. inverted], new(2, height, width), size);
        Assert.Equal(2 * size * size, square.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], square[i], 0.502);
            Assert.Equal(255 - expected[i], square[expected.Length + i], 0.502);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 1, 9)]
    [InlineData(300, 2, 7)]
    [InlineData(2, 3000, 3)]
    public void An_image_of_one_colour_keeps_it(int height, int width, int size) =>
        Assert.Equal([.. Enumerable.Repeat((byte)201, 3 * size * size)], ImageScaling.Square([.. Enumerable.Repeat((byte)201, 3 * height * width)], new(3, height, width), size));

    [Fact]
    public void An_image_of_the_size_stays_as_it_is()
    {
        byte[] pixels = HandMadeImages.Noise(3 * 6 * 6, 1);
        Assert.Equal(pixels, ImageScaling.Square(pixels, new(3, 6, 6), 6));
    }

    [Theory]
    [InlineData(3, 2, 2, 11, 2)]
    [InlineData(3, 2, 2, 12, 0)]
    [InlineData(0, 2, 2, 0, 2)]
    [InlineData(1, 0, 2, 0, 2)]
    public void Pixels_that_do_not_fill_the_shape_and_sizes_that_are_none_are_refused(int channels, int height, int width, int pixels, int size) =>
        Assert.Contains($"{pixels} pixels of {channels}x{height}x{width} and {size} came", Assert.Throws<ArgumentException>(() => ImageScaling.Square(new byte[pixels], new(channels, height, width), size)).Message, StringComparison.Ordinal);
}
