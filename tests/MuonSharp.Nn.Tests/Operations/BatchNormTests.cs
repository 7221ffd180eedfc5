using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Operations;

public class BatchNormTests
{
    private const double Tolerance = 2e-5;

    public static TheoryData<int, int> Sizes => new() { { 2, 1 }, { 3, 15 }, { 16, 16 }, { 65, 17 }, { 200, 33 }, { 1000, 3 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Output_statistics_and_gradients(int rows, int width)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(rows + width, shared: shared);
            double[] x = rig.Random(rows * width, 2, 1.5), g = rig.Random(width, 1, 1), b = rig.Random(width), dy = rig.Random(rows * width);
            (float[] mean, float[] variance) = (new float[width], Ones(width));
            (Tensor activation, Tensor input) = rig.Activation("x", rows, x);
            Tensor gain = rig.Vector("gain", g), bias = rig.Vector("bias", b);
            Tensor y = rig.Tape.BatchNorm(activation, gain, bias, MemoryBlock.Of(mean), MemoryBlock.Of(variance));
            Reference reference = new(x, g, b, dy, rows, width);
            rig.Expect("x", input, reference.X);
            rig.Expect("gain", gain, reference.Gain);
            rig.Expect("bias", bias, reference.Bias);
            rig.Run(y, reference.Y, dy, Tolerance);

            // The rig runs forward twice: r <- r + 0.1 (b - r), from 0 and from 1.
            Agreement.Within("running mean", [.. reference.Mean.Select(m => 0.19 * m)], mean, 1e-5);
            Agreement.Within("running variance", [.. reference.Unbiased.Select(v => 0.81 + (0.19 * v))], variance, 1e-5);
        }
    }

    [Fact]
    public void Gradients_agree_with_central_differences()
    {
        TestNumbers numbers = new(3);
        const int Rows = 7, Width = 3;
        double[] x = numbers.Normals(Rows * Width), g = numbers.Normals(Width, 1, 1), b = numbers.Normals(Width), dy = numbers.Normals(Rows * Width);
        Reference at = new(x, g, b, dy, Rows, Width);
        double F() => CentralDifferences.Functional(dy, new Reference(x, g, b, dy, Rows, Width).Y);
        CentralDifferences.Check("x", F, x, at.X, 1e-6);
        CentralDifferences.Check("gain", F, g, at.Gain, 1e-6);
        CentralDifferences.Check("bias", F, b, at.Bias, 1e-6);
    }

    [Fact]
    public void Inference_takes_the_running_statistics_and_leaves_them()
    {
        const int Rows = 5, Width = 18;
        using OperationRig rig = new(2, training: false);
        double[] x = rig.Random(Rows * Width), g = rig.Random(Width), b = rig.Random(Width), m = rig.Random(Width);
        double[] v = [.. rig.Random(Width).Select(value => (double)(float)(value * value))];
        (float[] mean, float[] variance) = (Agreement.ToFloats(m), Agreement.ToFloats(v));
        Tensor y = rig.Tape.BatchNorm(rig.Input("x", Rows, x), rig.Vector("gain", g), rig.Vector("bias", b), MemoryBlock.Of(mean), MemoryBlock.Of(variance), 1e-3f);
        double[] expected = [.. x.Select((value, i) => (g[i % Width] * (value - m[i % Width]) / Math.Sqrt(v[i % Width] + 1e-3)) + b[i % Width])];
        rig.RunForward(y, expected, Tolerance);
        Assert.Equal(Agreement.ToFloats(m), mean);
        Assert.Equal(Agreement.ToFloats(v), variance);
    }

    [Fact]
    public void A_recomputed_block_moves_the_running_statistics_once()
    {
        float[][] all = [.. new[] { false, true }.Select(recomputed =>
        {
            using OperationRig rig = new(4);
            double[] x = rig.Random(20 * 6), dy = rig.Random(20 * 6);
            (float[] mean, float[] variance) = (new float[6], Ones(6));
            (Tensor activation, _) = rig.Activation("x", 20, x);
            Tensor gain = rig.Vector("gain", rig.Random(6)), bias = rig.Vector("bias", rig.Random(6));
            Tensor Block() => rig.Tape.Activate(rig.Tape.BatchNorm(activation, gain, bias, MemoryBlock.Of(mean), MemoryBlock.Of(variance)), Activation.Gelu);
            Tensor y = recomputed ? rig.Tape.Recomputed(Block) : Block();
            rig.Tape.Seed(y);
            rig.Compile();
            rig.Fill();
            rig.Tape.Forward();
            Agreement.ToFloats(dy).CopyTo(y.Gradient);
            rig.Backward();
            return (float[])[.. mean, .. variance, .. gain.Gradient];
        })];
        Assert.Equal(all[0], all[1]);
    }

    [Fact]
    public void A_batch_that_is_not_finite_leaves_the_running_statistics()
    {
        using OperationRig rig = new();
        (float[] mean, float[] variance) = (new float[2], Ones(2));
        Tensor y = rig.Tape.BatchNorm(
            rig.Input("x", 2, [1, double.NaN, 3, 4]), rig.Vector("gain", [1, 1]), rig.Vector("bias", [0, 0]), MemoryBlock.Of(mean), MemoryBlock.Of(variance));
        rig.Tape.Output(y);
        rig.Compile();
        rig.Fill();
        rig.Tape.Forward();
        Assert.Equal([0.2f, 0], mean);
        Assert.Equal(1, variance[1]);
        Assert.True(float.IsNaN(y.Value[1]));
    }

    [Fact]
    public void Neither_threads_nor_the_place_in_memory_change_a_bit()
    {
        float[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using OperationRig rig = new(9, threads: threads);
            double[] dy = rig.Random(300 * 50);
            (float[] mean, float[] variance) = (new float[50], Ones(50));
            (Tensor activation, Tensor input) = rig.Activation("x", 300, rig.Random(300 * 50));
            Tensor gain = rig.Vector("gain", rig.Random(50));
            Tensor y = rig.Tape.BatchNorm(activation, gain, rig.Vector("bias", rig.Random(50)), MemoryBlock.Of(mean), MemoryBlock.Of(variance));
            rig.Tape.Seed(y);
            rig.Compile();
            rig.Fill();
            rig.Tape.Forward();
            Agreement.ToFloats(dy).CopyTo(y.Gradient);
            rig.Backward();
            float[] bits = [.. mean, .. variance, .. gain.Gradient, .. input.Gradient];
            Assert.Equal(first ??= bits, bits);
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using OperationRig rig = new();
        MemoryBlock two = MemoryBlock.Of(new float[2]);
        Tensor gain = rig.Vector("gain", [1, 1]);
        Assert.Contains("two rows", Assert.Throws<ArgumentException>(() => rig.Tape.BatchNorm(rig.Input("x", 1, [1, 2]), gain, gain, two, two)).Message, StringComparison.Ordinal);
        Tensor x = rig.Input("x3", 2, [1, 2, 3, 4, 5, 6]);
        Assert.Throws<ArgumentException>(() => rig.Tape.BatchNorm(x, gain, gain, two, two));
        Assert.Throws<ArgumentException>(() => rig.Tape.BatchNorm(rig.Input("x2", 2, [1, 2, 3, 4]), gain, gain, MemoryBlock.Of(new float[3]), two));
    }

    private static float[] Ones(int count) => [.. Enumerable.Repeat(1f, count)];

    /// <summary>Batch norm and its gradients by plain loops in double.</summary>
    private sealed class Reference
    {
        public Reference(double[] x, double[] gain, double[] bias, double[] dy, int rows, int width)
        {
            (Y, X, Gain, Bias, Mean, Unbiased) = (new double[x.Length], new double[x.Length], new double[width], new double[width], new double[width], new double[width]);
            for (int c = 0; c < width; c++)
            {
                double[] column = [.. Enumerable.Range(0, rows).Select(r => x[(r * width) + c])];
                Mean[c] = column.Average();
                double biased = column.Sum(v => (v - Mean[c]) * (v - Mean[c])) / rows;
                Unbiased[c] = biased * rows / (rows - 1);
                double scale = 1 / Math.Sqrt(biased + 1e-5f);
                double[] normal = [.. column.Select(v => (v - Mean[c]) * scale)];
                for (int r = 0; r < rows; r++)
                {
                    Y[(r * width) + c] = (gain[c] * normal[r]) + bias[c];
                    Bias[c] += dy[(r * width) + c];
                    Gain[c] += dy[(r * width) + c] * normal[r];
                }

                for (int r = 0; r < rows; r++) X[(r * width) + c] = gain[c] * scale * (dy[(r * width) + c] - (Bias[c] / rows) - (normal[r] * Gain[c] / rows));
            }
        }

        public double[] Y { get; }

        public double[] X { get; }

        public double[] Gain { get; }

        public double[] Bias { get; }

        public double[] Mean { get; }

        public double[] Unbiased { get; }
    }
}
