using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics.Tests;

namespace MuonSharp.Nn.Tests.Operations;

public class ConvolutionTests
{
    private const double Tolerance = 3e-5;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 24)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Output_and_gradients_of_a_random_layer(int seed)
    {
        TestNumbers numbers = new((ulong)seed);
        Window window = new(1 + numbers.Below(4), 1 + numbers.Below(4), 1 + numbers.Below(3), numbers.Below(4));
        Images images = new(1 + numbers.Below(3), window.Height + numbers.Below(12), window.Width + numbers.Below(12));
        Check(seed, images, window, inputs: 1 + numbers.Below(20), outputs: 1 + numbers.Below(40), bias: numbers.Below(2) == 0);
    }

    /// <summary>Many runs of k, several blocks of rows, a window larger than the images, strides larger than the window.</summary>
    [Theory]
    [InlineData(3, 9, 9, 64, 70, 5, 1, 2)]
    [InlineData(1, 7, 7, 130, 33, 3, 2, 1)]
    [InlineData(2, 32, 32, 3, 24, 2, 1, 0)]
    [InlineData(1, 1, 1, 5, 3, 5, 1, 2)]
    [InlineData(2, 9, 11, 2, 3, 2, 4, 1)]
    [InlineData(2, 3, 3, 4, 6, 1, 1, 3)]
    public void Output_and_gradients(int batch, int height, int width, int inputs, int outputs, int size, int stride, int padding) =>
        Check(100, new(batch, height, width), Window.Square(size, stride, padding), inputs, outputs, bias: true);

    /// <summary>By Winograd's method: tiles that fill the images and such that reach over both edges, every padding, channels that fill no register, several blocks of tiles.</summary>
    [Theory]
    [InlineData(3, 15, 15, 64, 70, 1)]
    [InlineData(1, 7, 8, 130, 33, 1)]
    [InlineData(2, 8, 7, 16, 40, 0)]
    [InlineData(2, 6, 10, 24, 16, 2)]
    [InlineData(5, 3, 3, 48, 17, 1)]
    [InlineData(7, 31, 13, 24, 64, 1)]
    public void Output_and_gradients_by_transformed_tiles(int batch, int height, int width, int inputs, int outputs, int padding) =>
        Check(200, new(batch, height, width), Window.Square(3, 1, padding), inputs, outputs, bias: true);

    /// <summary>How large the error is beside the result: a few roundings, as that of the direct sums.</summary>
    [Fact]
    public void Transformed_tiles_lose_no_digit()
    {
        using OperationRig rig = new(11);
        (Images images, Window window) = (new(4, 15, 15), Window.Same(3));
        double[] x = Singles(rig.Random(images.Rows * 64)), filters = Singles(rig.Random(48 * 64 * 9)), dy = Singles(rig.Random(images.Rows * 48));
        ReferenceConvolution reference = new(x, filters, new double[48], dy, images, window, 64, 48);
        (Tensor activation, Tensor input) = rig.Activation("x", images.Rows, x);
        Tensor weight = rig.Parameter("filters", 48, filters), y = rig.Tape.Convolution(rig.Tape.AsImages(activation, images), weight, null, window);
        rig.Tape.Output(y);
        rig.Tape.Seed(y);
        rig.Compile();
        rig.Fill();
        rig.Tape.Forward();
        Agreement.ToFloats(dy).CopyTo(y.Gradient);
        rig.Tape.Backward();
        Assert.InRange(Error(reference.Y, y.Value), 1e-9, 1e-6);
        Assert.InRange(Error(reference.X, input.Gradient), 1e-9, 1e-6);
        Assert.InRange(Error(reference.Filters, weight.Gradient), 1e-9, 1e-6);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void An_image_has_the_same_bits_in_every_batch(int size)
    {
        float[] one = Result(1), five = Result(5);
        Assert.Equal(one, five[..one.Length]);

        float[] Result(int batch)
        {
            using OperationRig rig = new(9);
            TestNumbers numbers = new(5);
            double[] filters = numbers.Normals(17 * 20 * size * size), x = numbers.Normals(batch * 77 * 20);
            Tensor y = rig.Tape.Convolution(rig.Tape.AsImages(rig.Input("x", batch * 77, x), new(batch, 7, 11)), rig.Parameter("filters", 17, filters), null, Window.Same(size));
            rig.Tape.Output(y);
            rig.Compile();
            rig.Fill();
            rig.Tape.Forward();
            return [.. y.Value];
        }
    }

    [Fact]
    public void Gradients_agree_with_central_differences()
    {
        TestNumbers numbers = new(3);
        (Images images, Window window) = (new(2, 5, 4), new(3, 2, 2, 1));
        double[] x = numbers.Normals(images.Rows * 2), filters = numbers.Normals(3 * 2 * window.Pixels), bias = numbers.Normals(3), dy = numbers.Normals(window.Over(images).Rows * 3);
        ReferenceConvolution at = new(x, filters, bias, dy, images, window, 2, 3);
        double F() => CentralDifferences.Functional(dy, new ReferenceConvolution(x, filters, bias, dy, images, window, 2, 3).Y);
        CentralDifferences.Check("x", F, x, at.X, 1e-6);
        CentralDifferences.Check("filters", F, filters, at.Filters, 1e-6);
        CentralDifferences.Check("bias", F, bias, at.Bias, 1e-6);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Neither_threads_nor_other_images_change_a_bit_and_a_step_allocates_nothing(int size)
    {
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using OperationRig rig = new(9, threads: threads);
            Images images = new(5, 11, 13);
            (Tensor x, Tensor input) = rig.Activation("x", images.Rows, rig.Random(images.Rows * 20));
            Tensor filters = rig.Parameter("filters", 33, rig.Random(33 * 20 * size * size)), bias = rig.Vector("bias", rig.Random(33));
            Tensor y = rig.Tape.MaxPool(rig.Tape.Convolution(rig.Tape.AsImages(x, images), filters, bias, Window.Same(size)), Window.Square(3, 2, 1));
            rig.Tape.Output(y);
            rig.Tape.Seed(y);
            rig.Compile();
            double[] seed = rig.Random((int)y.Length);
            float[] dy = Agreement.ToFloats(seed);
            rig.Fill();
            long allocated = ManagedBytes.LeastOf(() =>
            {
                filters.Gradient.Clear();
                bias.Gradient.Clear();
                rig.Tape.Forward();
                dy.CopyTo(y.Gradient);
                rig.Tape.Backward();
            });
            Assert.Equal(0, allocated);

            float[] bits = [.. y.Value, .. filters.Gradient, .. bias.Gradient, .. input.Gradient];
            Assert.Equal(first ??= bits, bits);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using OperationRig rig = new();
        Tensor x = rig.Input("x", 12, new double[24]), filters = rig.Parameter("filters", 3, new double[3 * 2 * 4]), bias = rig.Vector("bias", new double[2]);
        Assert.Contains("[convolution] rows must be the pixels of images", Message(() => rig.Tape.Convolution(x, filters, null, Window.Square(2))), StringComparison.Ordinal);
        rig.Tape.AsImages(x, new Images(1, 3, 4));
        Assert.Contains("[convolution] a filter has a weight", Message(() => rig.Tape.Convolution(x, filters, null, Window.Square(3))), StringComparison.Ordinal);
        Assert.Contains("[convolution] the bias", Message(() => rig.Tape.Convolution(x, filters, bias, Window.Square(2))), StringComparison.Ordinal);
        Assert.Contains("[window] a window fits", Message(() => rig.Tape.Convolution(x, filters, null, new Window(4, 1))), StringComparison.Ordinal);
        Assert.Contains("[window] a window has a size", Message(() => rig.Tape.MaxPool(x, new Window(2, 2, 0))), StringComparison.Ordinal);
        Assert.Contains("[max pool] the padding", Message(() => rig.Tape.MaxPool(x, new Window(2, 2, 1, 2))), StringComparison.Ordinal);
        Assert.Contains("[images] rows are the pixels of images once", Message(() => rig.Tape.AsImages(x, new Images(1, 4, 3))), StringComparison.Ordinal);
        Assert.Contains("[images] every row", Message(() => rig.Tape.AsImages(x, new Images(2, 3, 4))), StringComparison.Ordinal);
        Assert.Contains("[window] only an odd size", Message(() => Window.Same(4)), StringComparison.Ordinal);
    }

    /// <summary>What single precision makes of the numbers, so that an error is the convolution's own.</summary>
    private static double[] Singles(double[] numbers) => [.. numbers.Select(number => (double)(float)number)];

    private static double Error(double[] expected, ReadOnlySpan<float> actual)
    {
        double error = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        return Math.Sqrt(error / norm);
    }

    private static string Message(Func<object> action) => Assert.Throws<ArgumentException>(() => { _ = action(); }).Message;

    private static void Check(int seed, Images images, Window window, int inputs, int outputs, bool bias)
    {
        int rows = window.Over(images).Rows;
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(seed, shared: shared);
            double[] x = rig.Random(images.Rows * inputs), filters = rig.Random(outputs * inputs * window.Pixels), b = rig.Random(outputs), dy = rig.Random(rows * outputs);
            ReferenceConvolution reference = new(x, filters, bias ? b : new double[outputs], dy, images, window, inputs, outputs);
            (Tensor activation, Tensor input) = rig.Activation("x", images.Rows, x);
            Tensor weight = rig.Parameter("filters", outputs, filters);
            Tensor? vector = bias ? rig.Vector("bias", b) : null;
            Tensor y = rig.Tape.Convolution(rig.Tape.AsImages(activation, images), weight, vector, window);
            Assert.Equal(window.Over(images), y.Images);
            rig.Expect("x", input, reference.X);
            rig.Expect("filters", weight, reference.Filters);
            if (vector is not null) rig.Expect("bias", vector, reference.Bias);
            rig.Run(y, reference.Y, dy, Tolerance);
        }
    }
}
