using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

public class ActivationTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 1, 15 }, { 3, 17 }, { 16, 64 }, { 65, 63 }, { 130, 130 } };

    public static TheoryData<string> Names => [.. Nn.Activation.All.Select(activation => activation.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_activation_and_its_derivative_at_every_size(string name)
    {
        (Func<double, double> f, Func<double, double> derivative) = ReferenceActivation.Named(name);
        foreach (ITheoryDataRow size in Sizes)
        {
            object?[] numbers = size.GetData();
            Check((int)numbers[0]!, (int)numbers[1]!, (tape, x) => tape.Activate(x, Activation.Named(name)), f, derivative);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_activation_and_its_derivative_from_the_far_left_to_the_far_right(string name)
    {
        (Func<double, double> f, Func<double, double> derivative) = ReferenceActivation.Named(name);
        CheckRange((tape, x) => tape.Activate(x, Activation.Named(name)), f, derivative);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_activation_gated(string name)
    {
        (Func<double, double> f, Func<double, double> derivative) = ReferenceActivation.Named(name);
        foreach (bool shared in new[] { false, true })
        {
            const int Rows = 19;
            const int Width = 37;
            using OperationRig rig = new(Rows, shared: shared);
            double[] g = rig.Random(Rows * Width, 2), u = rig.Random(Rows * Width), dy = rig.Random(Rows * Width);
            (Tensor gate, Tensor gateInput) = rig.Activation("gate", Rows, g);
            (Tensor up, Tensor upInput) = rig.Activation("up", Rows, u);
            rig.Expect("gate", gateInput, ReferenceActivation.Map(dy, ReferenceActivation.Map(g, u, (a, b) => derivative(a) * b), (d, v) => d * v));
            rig.Expect("up", upInput, ReferenceActivation.Map(dy, g, (d, v) => d * f(v)));
            rig.Run(rig.Tape.Gated(gate, up, Activation.Named(name)), ReferenceActivation.Map(g, u, (a, b) => f(a) * b), dy, Tolerance);
        }
    }

    [Fact]
    public void Softplus_keeps_its_relative_accuracy_far_on_the_left()
    {
        (Func<double, double> f, _) = ReferenceActivation.Named("softplus");
        double[] x = [-1, -5, -10, -20, -40, -60, -80];
        using OperationRig rig = new(training: false);
        Tensor y = rig.Tape.Activate(rig.Input("x", 1, x), Activation.Softplus);
        rig.Tape.Output(y);
        rig.Compile();
        rig.Fill();
        rig.Tape.Forward();
        for (int i = 0; i < x.Length; i++)
        {
            Assert.Equal(1, y.Value[i] / f(x[i]), 3e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void SwiGlu_of_two_projections(int rows, int width)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(rows, shared: shared);
            double[] g = rig.Random(rows * width, 3), u = rig.Random(rows * width), dy = rig.Random(rows * width);
            (Tensor gate, Tensor gateInput) = rig.Activation("gate", rows, g);
            (Tensor up, Tensor upInput) = rig.Activation("up", rows, u);
            (double[] dGate, double[] dUp) = ReferenceActivation.SwiGluBackward(dy, g, u);
            rig.Expect("gate", gateInput, dGate);
            rig.Expect("up", upInput, dUp);
            rig.Run(rig.Tape.SwiGlu(gate, up), ReferenceActivation.SwiGlu(g, u), dy, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void SwiGlu_of_one_fused_projection(int rows, int width)
    {
        foreach (bool shared in new[] { false, true })
        {
            using OperationRig rig = new(rows, shared: shared);
            double[] g = rig.Random(rows * width, 3), u = rig.Random(rows * width), dy = rig.Random(rows * width);
            (Tensor fused, Tensor input) = rig.Activation("fused", rows, SideBySide(rows, g, u));
            (double[] dGate, double[] dUp) = ReferenceActivation.SwiGluBackward(dy, g, u);
            rig.Expect("fused", input, SideBySide(rows, dGate, dUp));
            rig.Run(rig.Tape.SwiGlu(fused), ReferenceActivation.SwiGlu(g, u), dy, Tolerance);
        }
    }

    private static double[] SideBySide(int rows, double[] a, double[] b)
    {
        int width = a.Length / rows;
        List<double> result = [];
        for (int r = 0; r < rows; r++) result.AddRange([.. a[(r * width)..((r + 1) * width)], .. b[(r * width)..((r + 1) * width)]]);
        return [.. result];
    }

    private static void Check(int rows, int width, Func<Tape, Tensor, Tensor> record, Func<double, double> f, Func<double, double> derivative)
    {
        Check(rows, width, record, f, derivative, shared: false);
        Check(rows, width, record, f, derivative, shared: true);
    }

    private static void Check(int rows, int width, Func<Tape, Tensor, Tensor> record, Func<double, double> f, Func<double, double> derivative, bool shared)
    {
        using OperationRig rig = new(rows, shared: shared);
        double[] x = rig.Random(rows * width, 2), dy = rig.Random(rows * width);
        (Tensor activation, Tensor input) = rig.Activation("x", rows, x);
        rig.Expect("x", input, ReferenceActivation.Map(dy, x, (d, v) => d * derivative(v)));
        rig.Run(record(rig.Tape, activation), ReferenceActivation.Map(x, f), dy, Tolerance);
    }

    private static void CheckRange(Func<Tape, Tensor, Tensor> record, Func<double, double> f, Func<double, double> derivative)
    {
        double[] x = [.. Enumerable.Range(-1200, 2401).Select(i => (double)(float)(i / 100.0)), 40, -40, 1e4, -1e4];
        foreach (bool left in new[] { true, false })
        {
            double[] part = [.. x.Where(v => v < 0 == left)];
            using OperationRig rig = new();
            (Tensor activation, Tensor input) = rig.Activation("x", 1, part);
            double[] dy = [.. Enumerable.Repeat(1.0, part.Length)];
            Tensor y = record(rig.Tape, activation);
            rig.Tape.Output(y);
            rig.Tape.Seed(y);
            rig.Tape.Compile();
            rig.Fill();
            rig.Tape.Forward();
            Agreement.ToFloats(dy).CopyTo(y.Gradient);
            float[] values = y.Value.ToArray();
            rig.Tape.Backward();
            for (int i = 0; i < part.Length; i++)
            {
                // Absolute near 0, relative for large values.
                Assert.Equal(f(part[i]), values[i], 1e-6 * Math.Max(1, Math.Abs(part[i])));
                Assert.Equal(derivative(part[i]), input.Gradient[i], 1e-6);
            }
        }
    }
}
