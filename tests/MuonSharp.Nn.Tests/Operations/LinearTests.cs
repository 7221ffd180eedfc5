using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Operations;

public class LinearTests
{
    /// <summary>Sums of up to 200 products in float32, each rounded once: 200 * 2^-24 at the very worst.</summary>
    private const double Tolerance = 1e-5;

    /// <summary>Tokens, fan-in, fan-out: ones, primes, and both sides of the borders of tiles and blocks.</summary>
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 1, 7, 5 }, { 5, 1, 3 }, { 3, 15, 17 }, { 16, 16, 16 }, { 17, 33, 15 }, { 64, 63, 65 }, { 130, 64, 31 }, { 48, 130, 96 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Without_bias(int tokens, int fanIn, int fanOut) => Check(tokens, fanIn, fanOut, false, null, MatrixOrientation.OutIn);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void With_bias(int tokens, int fanIn, int fanOut) => Check(tokens, fanIn, fanOut, true, null, MatrixOrientation.OutIn);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void With_bias_stored_in_out(int tokens, int fanIn, int fanOut) => Check(tokens, fanIn, fanOut, true, null, MatrixOrientation.InOut);

    [Fact]
    public void With_every_activation()
    {
        foreach (Activation activation in Nn.Activation.All)
        {
            Check(17, 33, 15, true, activation, MatrixOrientation.OutIn);
            Check(48, 20, 32, false, activation, MatrixOrientation.InOut);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void With_bias_and_gelu(int tokens, int fanIn, int fanOut) => Check(tokens, fanIn, fanOut, true, Nn.Activation.Gelu, MatrixOrientation.InOut);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void With_bias_and_gelu_by_tanh(int tokens, int fanIn, int fanOut) => Check(tokens, fanIn, fanOut, true, Nn.Activation.GeluTanh, MatrixOrientation.OutIn);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void With_squared_relu(int tokens, int fanIn, int fanOut) => Check(tokens, fanIn, fanOut, false, Nn.Activation.ReluSquared, MatrixOrientation.OutIn);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void With_bias_and_residual(int tokens, int fanIn, int fanOut)
    {
        CheckResidual(tokens, fanIn, fanOut, shared: false);
        CheckResidual(tokens, fanIn, fanOut, shared: true);
    }

    [Fact]
    public void The_residual_may_be_the_input_itself()
    {
        const int Tokens = 19, Width = 33;
        using OperationRig rig = new(4);
        double[] x = rig.Random(Tokens * Width), w = rig.Random(Width * Width, 0.2), dy = rig.Random(Tokens * Width);
        (Tensor activation, Tensor input) = rig.Activation("x", Tokens, x);
        Tensor y = rig.Tape.Linear(activation, rig.Parameter("weight", Width, w), residual: activation);
        rig.Expect("x", input, ReferenceActivation.Map(dy, ReferenceLinear.BackwardInput(dy, w, Tokens, Width, Width), (a, b) => a + b));
        rig.Run(y, ReferenceActivation.Map(x, ReferenceLinear.Forward(x, w, null, Tokens, Width, Width), (a, b) => a + b), dy, Tolerance);
    }

    private static void Check(int tokens, int fanIn, int fanOut, bool withBias, Activation? activation, MatrixOrientation orientation)
    {
        Check(tokens, fanIn, fanOut, withBias, activation, orientation, shared: false);
        Check(tokens, fanIn, fanOut, withBias, activation, orientation, shared: true);
    }

    private static void Check(int tokens, int fanIn, int fanOut, bool withBias, Activation? activation, MatrixOrientation orientation, bool shared)
    {
        using OperationRig rig = new(tokens + fanIn, shared: shared);
        double[] x = rig.Random(tokens * fanIn), w = rig.Random(fanOut * fanIn, 1 / Math.Sqrt(fanIn)), dy = rig.Random(tokens * fanOut);
        double[]? b = withBias ? rig.Random(fanOut) : null;
        bool outIn = orientation == MatrixOrientation.OutIn;
        (Tensor activated, Tensor input) = rig.Activation("x", tokens, x);
        Tensor weight = outIn ? rig.Parameter("weight", fanOut, w) : rig.Parameter("weight", fanIn, ReferenceLinear.Transpose(w, fanOut, fanIn));
        Tensor? bias = b is null ? null : rig.Vector("bias", b);
        Tensor y = rig.Tape.Linear(activated, weight, bias, activation, orientation: orientation);

        double[] linear = ReferenceLinear.Forward(x, w, b, tokens, fanIn, fanOut);
        (Func<double, double> f, Func<double, double> derivative) = ReferenceActivation.Named(activation?.Name ?? "identity");
        double[] expected = ReferenceActivation.Map(linear, f);
        double[] dLinear = ReferenceActivation.Map(dy, linear, (d, v) => d * derivative(v));
        double[] dWeight = ReferenceLinear.BackwardWeight(dLinear, x, tokens, fanIn, fanOut);
        rig.Expect("x", input, ReferenceLinear.BackwardInput(dLinear, w, tokens, fanIn, fanOut));
        rig.Expect("weight", weight, outIn ? dWeight : ReferenceLinear.Transpose(dWeight, fanOut, fanIn));
        if (bias is not null) rig.Expect("bias", bias, ReferenceLinear.BackwardBias(dLinear, tokens, fanOut));
        rig.Run(y, expected, dy, Tolerance);
    }

    private static void CheckResidual(int tokens, int fanIn, int fanOut, bool shared)
    {
        using OperationRig rig = new(tokens, shared: shared);
        double[] x = rig.Random(tokens * fanIn), w = rig.Random(fanOut * fanIn, 1 / Math.Sqrt(fanIn)), b = rig.Random(fanOut);
        double[] r = rig.Random(tokens * fanOut), dy = rig.Random(tokens * fanOut);
        (Tensor activation, Tensor input) = rig.Activation("x", tokens, x);
        (Tensor residual, Tensor residualInput) = rig.Activation("residual", tokens, r);
        Tensor weight = rig.Parameter("weight", fanOut, w), bias = rig.Vector("bias", b);
        Tensor y = rig.Tape.Linear(activation, weight, bias, residual: residual);
        rig.Expect("x", input, ReferenceLinear.BackwardInput(dy, w, tokens, fanIn, fanOut));
        rig.Expect("weight", weight, ReferenceLinear.BackwardWeight(dy, x, tokens, fanIn, fanOut));
        rig.Expect("bias", bias, ReferenceLinear.BackwardBias(dy, tokens, fanOut));
        rig.Expect("residual", residualInput, dy);
        rig.Run(y, ReferenceActivation.Map(ReferenceLinear.Forward(x, w, b, tokens, fanIn, fanOut), r, (a, c) => a + c), dy, Tolerance);
    }

    /// <summary>Found by a golden run with an absolute error: 7e-9 was left of a bias's gradient that is zero, and AdamW's first step made 0.4 steps of it.</summary>
    [Theory]
    [InlineData(10, 3)]
    [InlineData(30, 1)]
    [InlineData(14, 40)]
    public void Gradients_of_a_bias_that_cancel_leave_exactly_nothing(int rows, int columns)
    {
        ModelBuilder builder = new(1);
        Linear layer = new(builder, "layer", 2, columns);
        using Model model = builder.Build();
        using Tape tape = model.NewTape(training: true);
        Tensor y = layer.Record(tape, tape.Input("x", rows, 2));
        tape.Output(y);
        tape.Seed(y);
        tape.Compile();
        tape.Forward();

        // Half of each column is 1/n and half -1/n, in another order in each column.
        Reference.TestNumbers numbers = new(3);
        for (int column = 0; column < columns; column++)
        {
            int[] order = [.. Enumerable.Range(0, rows).OrderBy(_ => numbers.Next())];
            for (int row = 0; row < rows; row++) y.Gradient[(row * columns) + column] = (order[row] % 2 == 0 ? 1f : -1f) / (rows * columns);
        }

        model.Parameters.ZeroGradients();
        tape.Backward();
        Assert.All(layer.Bias!.Gradient.Span.ToArray(), gradient => Assert.Equal(0, gradient));
    }
}
