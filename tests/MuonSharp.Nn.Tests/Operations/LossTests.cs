using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Operations;

public class LossTests
{
    private const double Tolerance = 3e-6;

    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 3, 5 }, { 16, 16 }, { 17, 31 }, { 129, 3 }, { 300, 130 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Mean_squared_error(int rows, int columns) =>
        Check(rows, columns, (tape, y, t) => tape.MeanSquaredError(y, t), (y, t) => (y - t) * (y - t), (y, t) => 2 * (y - t));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Mean_absolute_error(int rows, int columns) =>
        Check(rows, columns, (tape, y, t) => tape.MeanAbsoluteError(y, t), (y, t) => Math.Abs(y - t), (y, t) => Math.Sign(y - t));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Huber(int rows, int columns)
    {
        foreach (double delta in new[] { 1, 0.3, 2.5 })
        {
            Check(
                rows,
                columns,
                (tape, y, t) => tape.Huber(y, t, delta),
                (y, t) => Math.Abs(y - t) <= delta ? (y - t) * (y - t) / 2 : delta * (Math.Abs(y - t) - (delta / 2)),
                (y, t) => Math.Clamp(y - t, -delta, delta));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Binary_cross_entropy(int rows, int columns) => Check(
        rows,
        columns,
        (tape, y, t) => tape.BinaryCrossEntropy(y, t),
        (y, t) => Math.Max(y, 0) - (t * y) + ReferenceActivation.LogOnePlus(Math.Exp(-Math.Abs(y))),
        (y, t) => ReferenceActivation.Sigmoid(y) - t,
        labels: true);

    /// <summary>The pinball loss of a quantile, put together of operations: mean of max(0.9 d, -0.1 d), d = t - y.</summary>
    [Theory]
    [MemberData(nameof(Sizes))]
    public void The_mean_of_what_other_operations_made_is_a_loss(int rows, int columns) => Check(
        rows,
        columns,
        (tape, y, t) => tape.MeanLoss(tape.Map(
            tape.Add(t, tape.Scale(y, -1)),
            (d, loss) => { for (int i = 0; i < d.Length; i++) loss[i] = MathF.Max(0.9f * d[i], -0.1f * d[i]); },
            (d, slope) => { for (int i = 0; i < d.Length; i++) slope[i] = d[i] > 0 ? 0.9f : -0.1f; })),
        (y, t) => Math.Max(0.9 * (t - y), -0.1 * (t - y)),
        (y, t) => t > y ? -0.9 : 0.1);

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    public void Cross_entropy_of_logits_with_smoothing(double smoothing)
    {
        foreach ((int rows, int classes) in new[] { (1, 1), (1, 7), (5, 16), (33, 10), (17, 65), (70, 2500) })
        {
            foreach (bool shared in new[] { false, true })
            {
                using OperationRig rig = new(rows + classes, shared: shared);
                double[] z = rig.Random(rows * classes, 2);
                int[] targets = [.. rig.RandomTokens(rows, classes).Select((t, i) => i % 5 == 3 ? -1 : t)];
                (Tensor logits, Tensor input) = rig.Activation("logits", rows, z);
                Loss loss = rig.Tape.CrossEntropy(logits, rig.Tokens(targets), smoothing);
                loss.GradientScale = 0.5f;
                (double expected, double[] gradient) = Smoothed(z, targets, classes, smoothing);
                rig.Expect("logits", input, ReferenceActivation.Map(gradient, g => g / 2));
                RunLoss(rig, loss, expected, targets.Count(t => t >= 0));
            }
        }
    }

    [Fact]
    public void Cross_entropy_of_a_head_with_smoothing_is_that_of_its_logits()
    {
        const int Rows = 37, Width = 9, Classes = 65;
        using OperationRig rig = new(8);
        double[] x = rig.Random(Rows * Width), w = rig.Random(Classes * Width);
        int[] targets = rig.RandomTokens(Rows, Classes);
        (Tensor activation, Tensor input) = rig.Activation("x", Rows, x);
        Tensor head = rig.Parameter("head", Classes, w);
        Loss loss = rig.Tape.CrossEntropy(activation, head, rig.Tokens(targets), chunkRows: 16, labelSmoothing: 0.2);
        (double expected, double[] gradient) = Smoothed(ReferenceLinear.Forward(x, w, null, Rows, Width, Classes), targets, Classes, 0.2);
        rig.Expect("x", input, ReferenceLinear.BackwardInput(gradient, w, Rows, Width, Classes));
        rig.Expect("head", head, ReferenceLinear.BackwardWeight(gradient, x, Rows, Width, Classes));
        RunLoss(rig, loss, expected, Rows, 2e-5);
    }

    [Fact]
    public void Losses_and_gradients_do_not_depend_on_the_threads()
    {
        byte[]? first = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using OperationRig rig = new(5, threads: threads);
            Tensor y = rig.Input("y", 700, rig.Random(700 * 70));
            Tensor t = rig.Input("t", 700, rig.Random(700 * 70), gradient: false);
            Loss loss = rig.Tape.Huber(y, t);
            rig.Compile();
            rig.Fill();
            rig.Tape.Forward();
            rig.Tape.Backward();
            byte[] bits = [.. BitConverter.GetBytes(loss.Sum), .. System.Runtime.InteropServices.MemoryMarshal.AsBytes(y.Gradient)];
            Assert.Equal(first ??= bits, bits);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_not_finite_shows_in_loss_and_gradient(float bad)
    {
        foreach (Func<Tape, Tensor, Tensor, Loss> record in new Func<Tape, Tensor, Tensor, Loss>[]
        {
            (tape, y, t) => tape.MeanSquaredError(y, t), (tape, y, t) => tape.MeanAbsoluteError(y, t), (tape, y, t) => tape.Huber(y, t), (tape, y, t) => tape.MeanLoss(tape.Add(y, t)),
        })
        {
            using OperationRig rig = new();
            Tensor y = rig.Input("y", 1, [1, 2, bad]);
            Loss loss = record(rig.Tape, y, rig.Input("t", 1, [0, 0, 0], gradient: false));
            rig.Compile();
            rig.Fill();
            rig.Tape.Forward();
            Assert.False(double.IsFinite(loss.Mean));
        }
    }

    [Fact]
    public void Shapes_and_options_that_do_not_fit_are_refused()
    {
        using OperationRig rig = new();
        Tensor y = rig.Input("y", 2, [1, 2, 3, 4]);
        Tensor t = rig.Input("t", 1, [1, 2, 3, 4], gradient: false);
        ArgumentException error = Assert.Throws<ArgumentException>(() => rig.Tape.MeanSquaredError(y, t));
        Assert.Equal("[mean-squared-error] prediction and target have one shape; y [2, 2] and t [1, 4]", error.Message);
        Assert.Throws<ArgumentException>(() => rig.Tape.Huber(y, y, 0));
        Assert.Throws<ArgumentException>(() => rig.Tape.Huber(y, y, double.NaN));
        Assert.Throws<ArgumentException>(() => rig.Tape.CrossEntropy(y, rig.Tokens([0, 1]), 1));
        Assert.Throws<ArgumentException>(() => rig.Tape.CrossEntropy(y, rig.Tokens([0, 1, 1]), 0.1));
    }

    /// <summary>Mean over counted rows of -Σ q log p, with q = (1 - e) onehot + e / K, and its gradient.</summary>
    private static (double Loss, double[] Gradient) Smoothed(double[] z, int[] targets, int classes, double e)
    {
        double[] gradient = new double[z.Length];
        int counted = targets.Count(t => t >= 0);
        double loss = 0;
        for (int r = 0; r < targets.Length; r++)
        {
            if (targets[r] < 0) continue;
            double[] row = z[(r * classes)..((r + 1) * classes)];
            double most = row.Max();
            double logSum = most + Math.Log(row.Sum(v => Math.Exp(v - most)));
            for (int c = 0; c < classes; c++)
            {
                double q = (e / classes) + (c == targets[r] ? 1 - e : 0);
                loss -= q * (row[c] - logSum) / counted;
                gradient[(r * classes) + c] = (Math.Exp(row[c] - logSum) - q) / counted;
            }
        }

        return (loss, gradient);
    }

    private static void Check(
        int rows, int columns, Func<Tape, Tensor, Tensor, Loss> record, Func<double, double, double> f, Func<double, double, double> derivative, bool labels = false)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(rows + columns, shared: shared);
            double[] y = rig.Random(rows * columns, 2), t = rig.Random(rows * columns);
            if (labels) t = [.. t.Select(v => v > 0 ? 1.0 : v < -1 ? 0.25 : 0)];
            (Tensor prediction, Tensor input) = rig.Activation("y", rows, y);
            Loss loss = record(rig.Tape, prediction, rig.Input("t", rows, t, gradient: false));
            loss.GradientScale = 0.25f;
            rig.Expect("y", input, ReferenceActivation.Map(y, t, (a, b) => derivative(a, b) / 4 / y.Length));
            RunLoss(rig, loss, ReferenceActivation.Map(y, t, f).Average(), y.Length);
        }
    }

    private static void RunLoss(OperationRig rig, Loss loss, double expected, int counted, double tolerance = Tolerance)
    {
        rig.Compile();
        for (int run = 1; run <= 2; run++)
        {
            rig.Fill();
            rig.Tape.Forward();
            Assert.Equal(expected, loss.Mean, 2e-6 * (1 + Math.Abs(expected)));
            Assert.Equal(counted, loss.Counted);
            rig.Backward();
            rig.Compare(run, tolerance, 1.0 / Math.Max(1, counted));
        }
    }
}
