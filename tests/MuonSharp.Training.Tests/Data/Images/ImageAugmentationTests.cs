using MuonSharp.Formats;

namespace MuonSharp.Training.Tests;

/// <summary>What a network sees of an image, against plain loops: pad, cut out, mirror, normalize.</summary>
public class ImageAugmentationTests
{
    private static readonly ImageShape s_shape = new(3, 6, 5);

    [Fact]
    public void A_view_of_something_else_is_refused()
    {
        ImageNormalization normalization = new(s_shape, [0.5, 0.5, 0.5], [1, 1, 1]);
        int length = (int)s_shape.Length;
        float[] room = new float[length + 1];
        Assert.Throws<ArgumentNullException>(() => new ImageView(false, 0, 0).Write(new byte[length], null!, room));
        foreach ((int bytes, int values) in new[] { (length - 1, length), (length + 1, length), (length / 3, length), (0, length), (length, length - 1), (length, 0) })
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => new ImageView(false, 0, 0).Write(new byte[bytes], normalization, new float[values]));
            Assert.Equal($"[images] a view is of an image of 3x6x5, its normalization's; {bytes} bytes and room for {values} values came", error.Message);
        }

        foreach ((int down, int right) in new[] { (6, 0), (-6, 0), (0, 5), (0, -5), (int.MinValue, 0), (0, int.MaxValue) })
        {
            Assert.Contains("is moved by less than its size", Assert.Throws<ArgumentException>(() => new ImageView(false, down, right).Write(new byte[length], normalization, room)).Message, StringComparison.Ordinal);
        }

        // The greatest moves there are, and room for more than the image.
        foreach ((int down, int right) in new[] { (5, -4), (-5, 4) })
        {
            room[^1] = 7;
            new ImageView(true, down, right).Write(new byte[length], normalization, room);
            Assert.Equal(7, room[^1]);
        }
    }

    [Theory]
    [InlineData(false, 0, 0)]
    [InlineData(true, 0, 0)]
    [InlineData(false, 2, -2)]
    [InlineData(true, -1, -1)]
    [InlineData(true, 1, 1)]
    [InlineData(false, -4, 4)]
    public void A_view_is_a_window_of_the_padded_image(bool mirrored, int down, int right)
    {
        const int Pad = 4;
        byte[] image = Noise((int)s_shape.Length, 7);
        double[] means = [0.1, 0.5, 0.75], deviations = [0.2, 1, 3];
        float[] view = new float[s_shape.Length];
        new ImageView(mirrored, down, right).Write(image, new ImageNormalization(s_shape, means, deviations), view);
        (int channels, int height, int width) = s_shape;
        for (int c = 0; c < channels; c++)
        {
            // The padded image, written out: rows and columns beyond an edge, counted from it, the edge itself not repeated.
            double[,] padded = new double[height + (2 * Pad), width + (2 * Pad)];
            int[] rows = [4, 3, 2, 1, .. Enumerable.Range(0, height), 4, 3, 2, 1], columns = [4, 3, 2, 1, .. Enumerable.Range(0, width), 3, 2, 1, 0];
            for (int y = 0; y < rows.Length; y++)
            {
                for (int x = 0; x < columns.Length; x++)
                {
                    padded[y, x] = ((image[(c * height * width) + (rows[y] * width) + columns[x]] / 255.0) - means[c]) / deviations[c];
                }
            }

            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    double expected = padded[Pad + y + down, Pad + right + (mirrored ? width - 1 - x : x)];
                    Assert.Equal(expected, view[(((y * width) + x) * channels) + c], 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Mirroring_alternates_by_epoch_and_halves_the_images()
    {
        ImageAugmentation augmentation = new(Flip: true, Shift: 0, Seed: 5);
        int mirrored = 0;
        for (int index = 0; index < 10_000; index++)
        {
            bool first = augmentation.View(0, index).Mirrored;
            mirrored += first ? 1 : 0;
            Assert.Equal(!first, augmentation.View(1, index).Mirrored);
            Assert.Equal(first, augmentation.View(2, index).Mirrored);
            Assert.Equal(!first, augmentation.View(7, index).Mirrored);
        }

        // Five standard deviations of 10,000 fair coins.
        Assert.InRange(mirrored, 4750, 5250);
    }

    [Fact]
    public void Moves_are_even_over_all_places_and_differ_by_epoch()
    {
        ImageAugmentation augmentation = new(Flip: false, Shift: 2, Seed: 9);
        int[,] places = new int[5, 5];
        int same = 0;
        for (int index = 0; index < 25_000; index++)
        {
            ImageView view = augmentation.View(3, index);
            Assert.False(view.Mirrored);
            places[view.Down + 2, view.Right + 2]++;
            same += view == augmentation.View(4, index) ? 1 : 0;
        }

        Assert.All(places.Cast<int>(), count => Assert.InRange(count, 1000 - 160, 1000 + 160));
        Assert.InRange(same, 840, 1160);
    }

    [Fact]
    public void A_view_depends_on_seed_epoch_and_index_alone()
    {
        ImageAugmentation one = new(true, 3, 1), other = new(true, 3, 1), stranger = new(true, 3, 2);
        List<ImageView> forward = [.. Enumerable.Range(0, 200).Select(index => one.View(2, index))];
        List<ImageView> backward = [.. Enumerable.Range(0, 200).Reverse().Select(index => other.View(2, index))];
        backward.Reverse();
        Assert.Equal(forward, backward);
        Assert.NotEqual(forward, [.. Enumerable.Range(0, 200).Select(index => stranger.View(2, index))]);
    }

    [Fact]
    public void Means_and_deviations_are_those_of_two_passes()
    {
        byte[] pixels = Noise(40 * (int)s_shape.Length, 11);
        ImageNormalization normalization = ImageNormalization.Of(new ImageSet(s_shape, pixels, new int[40], ["one"]));
        int plane = s_shape.Height * s_shape.Width;
        for (int c = 0; c < 3; c++)
        {
            double[] values = [.. Enumerable.Range(0, 40 * plane).Select(i => pixels[(((i / plane * 3) + c) * plane) + (i % plane)] / 255.0)];
            double mean = values.Average();
            Assert.Equal(mean, normalization.Means[c], 1e-12);
            Assert.Equal(Math.Sqrt(values.Average(value => (value - mean) * (value - mean))), normalization.Deviations[c], 1e-12);
        }

        ImageNormalization flat = ImageNormalization.Of(new ImageSet(new(1, 2, 2), [51, 51, 51, 51], [0], ["one"]));
        Assert.Equal((0.2, 1.0), (flat.Means[0], flat.Deviations[0]));
    }

    [Fact]
    public void Wrong_numbers_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new ImageNormalization(s_shape, [0, 0], [1, 1]));
        Assert.Throws<ArgumentException>(() => new ImageNormalization(new(1, 2, 2), [0], [0]));
        Assert.Throws<ArgumentException>(() => new ImageNormalization(new(1, 2, 2), [double.NaN], [1]));
    }

    private static byte[] Noise(int count, ulong seed)
    {
        uint[] words = new uint[count];
        new Numerics.RandomStream(seed, "test").Fill(words, 0, 0);
        return [.. words.Select(word => (byte)word)];
    }
}
