using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

public class PoolingTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 16)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Output_and_gradients_of_a_random_window(int seed)
    {
        TestNumbers numbers = new((ulong)seed);
        Window window = new(1 + numbers.Below(4), 1 + numbers.Below(4), 1 + numbers.Below(3), 0);
        window = window with { Padding = numbers.Below((Math.Min(window.Height, window.Width) / 2) + 1) };
        Check(window, new(1 + numbers.Below(3), window.Height + numbers.Below(8), window.Width + numbers.Below(8)), 1 + numbers.Below(40), seed);
    }

    [Theory]
    [InlineData(2, 31, 31, 24)]
    [InlineData(2, 4, 6, 16)]
    [InlineData(2, 7, 3, 50)]
    [InlineData(3, 11, 8, 33)]
    [InlineData(3, 3, 3, 1)]
    [InlineData(1, 2, 5, 17)]
    public void Output_and_gradients_of_windows_side_by_side(int side, int height, int width, int channels) =>
        Check(Window.Square(side, side), new(3, height, width), channels, side + height);

    private static void Check(Window window, Images images, int channels, int seed)
    {
        foreach (bool shared in new[] { false, true })
            foreach (bool average in new[] { false, true })
            {
                using OperationRig rig = new(seed, shared: shared);
                double[] x = rig.Random(images.Rows * channels), dy = rig.Random(window.Over(images).Rows * channels);
                (double[] y, double[] dx) = Reference(x, dy, images, window, channels, average);
                (Tensor activation, Tensor input) = rig.Activation("x", images.Rows, x);
                rig.Tape.AsImages(activation, images);
                Tensor pooled = average ? rig.Tape.AveragePool(activation, window) : rig.Tape.MaxPool(activation, window);
                Assert.Equal(window.Over(images), pooled.Images);
                rig.Expect("x", input, dx);
                rig.Run(pooled, y, dy, Tolerance);
            }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_first_of_equal_values_has_the_gradient_and_no_number_wins(int stride)
    {
        using OperationRig rig = new();
        Tensor x = rig.Input("x", 4, [3, double.NaN, 3, 1, 3, 2, 0, 4]);
        Tensor y = rig.Tape.MaxPool(rig.Tape.AsImages(x, new Images(1, 2, 2)), Window.Square(2, stride));
        rig.Tape.Output(y);
        rig.Tape.Seed(y);
        rig.Compile();
        rig.Fill();
        rig.Tape.Forward();
        Assert.Equal([3, float.NaN], y.Value.ToArray());
        y.Gradient.Fill(5);
        rig.Tape.Backward();
        Assert.Equal([5, 5, 0, 0, 0, 0, 0, 0], x.Gradient.ToArray());
    }

    [Theory]
    [InlineData(2, 3, 4, 5)]
    [InlineData(1, 1, 1, 7)]
    [InlineData(3, 9, 17, 1)]
    [InlineData(2, 8, 8, 16)]
    public void Planes_become_images_and_back(int batch, int height, int width, int channels)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(7, shared: shared);
            Images images = new(batch, height, width);
            double[] x = rig.Random(images.Rows * channels), scale = rig.Random(images.Rows * channels), dy = rig.Random(images.Rows * channels);
            int[] place = [.. Enumerable.Range(0, x.Length).Select(i =>
                (((i / images.Pixels / channels * images.Pixels) + (i % images.Pixels)) * channels) + (i / images.Pixels % channels))];
            (Tensor activation, Tensor input) = rig.Activation("x", batch, x);
            Tensor pixels = rig.Tape.ImagesFromPlanes(activation, height, width);
            Assert.Equal(images, pixels.Images);
            Tensor y = rig.Tape.Flatten(rig.Tape.Multiply(pixels, rig.Input("scale", images.Rows, scale, gradient: false)));
            rig.Expect("x", input, [.. dy.Select((value, i) => value * scale[place[i]])]);
            rig.Run(y, [.. x.Select((value, i) => value * scale[place[i]])], dy, Tolerance);
        }
    }

    [Fact]
    public void The_mean_of_all_pixels_is_a_row_for_each_image()
    {
        using OperationRig rig = new(3);
        double[] x = rig.Random(2 * 6 * 3), dy = rig.Random(2 * 3);
        (Tensor activation, Tensor input) = rig.Activation("x", 12, x);
        Tensor y = rig.Tape.GlobalAveragePool(rig.Tape.AsImages(activation, new Images(2, 2, 3)));
        rig.Expect("x", input, [.. x.Select((_, i) => dy[(i / 18 * 3) + (i % 3)] / 6)]);
        rig.Run(y, [.. dy.Select((_, i) => Enumerable.Range(0, 6).Average(pixel => x[(((i / 3 * 6) + pixel) * 3) + (i % 3)]))], dy, Tolerance);
    }

    private static (double[] Y, double[] Dx) Reference(double[] x, double[] dy, Images images, Window window, int channels, bool average)
    {
        int height = (images.Height + (2 * window.Padding) - window.Height) / window.Stride, width = (images.Width + (2 * window.Padding) - window.Width) / window.Stride;
        (double[] y, double[] dx) = (new double[dy.Length], new double[x.Length]);
        int at = 0;
        for (int n = 0; n < images.Batch; n++)
            for (int i = 0; i <= height; i++)
                for (int j = 0; j <= width; j++)
                    for (int c = 0; c < channels; c++, at++)
                    {
                        List<int> seen = [];
                        for (int u = 0; u < window.Height; u++)
                            for (int v = 0; v < window.Width; v++)
                            {
                                (int row, int column) = ((i * window.Stride) + u - window.Padding, (j * window.Stride) + v - window.Padding);
                                if (row >= 0 && column >= 0 && row < images.Height && column < images.Width) seen.Add((((((n * images.Height) + row) * images.Width) + column) * channels) + c);
                            }

                        if (average)
                        {
                            y[at] = seen.Sum(place => x[place]) / (window.Height * window.Width);
                            seen.ForEach(place => dx[place] += dy[at] / (window.Height * window.Width));
                        }
                        else
                        {
                            int winner = seen.MaxBy(place => x[place]);
                            y[at] = x[winner];
                            dx[winner] += dy[at];
                        }
                    }

        return (y, dx);
    }
}
