using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Consumer;

/// <summary>Layers of one's own: compositions with names of their own, an activation by formula, an initializer.</summary>
public class OwnLayerTests
{
    [Fact]
    public void A_composition_has_names_of_its_own_and_computes_what_its_parts_compute()
    {
        ModelBuilder builder = new(seed: 3);
        ResidualBlock block = new(builder.Scope("encoder"), "blocks.0", 4);
        using Model model = builder.Build(gradients: false);
        Assert.Equal(
            ["encoder.blocks.0.norm.weight", "encoder.blocks.0.up.weight", "encoder.blocks.0.up.bias", "encoder.blocks.0.down.weight", "encoder.blocks.0.down.bias"],
            model.Parameters.Parameters.Select(parameter => parameter.Name));

        using Tape tape = model.NewTape(training: false);
        Tensor x = tape.Input("x", 2, 4);
        Tensor y = block.Record(tape, x);
        tape.Output(y);
        tape.Compile();
        float[] input = [1, -2, 3, 0.5f, 0, 1, -1, 2];
        input.CopyTo(x.Value);
        tape.Forward();

        float[] Of(string name) => model.Parameters[$"encoder.blocks.0.{name}"].Weights.Span.ToArray();
        for (int row = 0; row < 2; row++)
        {
            double[] v = [.. input.Skip(4 * row).Take(4).Select(value => (double)value)];
            double scale = 1 / Math.Sqrt(v.Average(value => value * value) + 1e-6);
            double[] normal = [.. v.Select((value, i) => value * scale * Of("norm.weight")[i])];
            double[] hidden = [.. Product(Of("up.weight"), Of("up.bias"), normal).Select(z => z / (1 + Math.Exp(-z)))];
            double[] expected = [.. Product(Of("down.weight"), Of("down.bias"), hidden).Select((value, i) => value + v[i])];
            for (int i = 0; i < 4; i++) Assert.Equal(expected[i], y.Value[(4 * row) + i], 1e-5);
        }
    }

    [Fact]
    public void An_activation_of_ones_own_is_a_struct()
    {
        ModelBuilder builder = new(seed: 3);
        Linear layer = new(builder, "layer", 3, 5);
        using Model model = builder.Build();
        using Tape tape = model.NewTape(training: true);
        Tensor x = tape.Input("x", 7, 3, gradient: true);
        Tensor target = tape.Input("target", 7, 5);
        Loss loss = tape.MeanSquaredError(layer.Record(tape, x, Activation.Of<Cube>("cube")), target);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        model.Parameters.ZeroGradients();
        tape.Forward();
        tape.Backward();

        // Central differences by one weight: the loss is a polynomial, so few digits are lost.
        Span<float> weights = layer.Weight.Weights.Span;
        float gradient = layer.Weight.Gradient.Span[4], before = weights[4];
        const float Step = 1e-2f;
        weights[4] = before + Step;
        tape.Forward();
        double above = loss.Mean;
        weights[4] = before - Step;
        tape.Forward();
        Assert.Equal((above - loss.Mean) / (2 * Step), gradient, 1e-3 * (1 + Math.Abs(gradient)));
    }

    private static double[] Product(float[] weight, float[] bias, double[] x) =>
        [.. bias.Select((b, row) => b + x.Select((value, column) => value * weight[(row * x.Length) + column]).Sum())];

    /// <summary>x³, 3x².</summary>
    private readonly struct Cube : IActivation
    {
        public static bool DerivativeFromOutput => false;

        public static V Value<L, V>(V x)
            where L : struct, ILanes<V>
            where V : struct => L.Multiply(x, L.Multiply(x, x));

        public static V Value<L, V>(V x, out V derivative)
            where L : struct, ILanes<V>
            where V : struct
        {
            derivative = Derivative<L, V>(x);
            return Value<L, V>(x);
        }

        public static V Derivative<L, V>(V kept)
            where L : struct, ILanes<V>
            where V : struct => L.Multiply(L.Broadcast(3), L.Multiply(kept, kept));
    }

    private sealed class ResidualBlock : ILayer
    {
        private readonly RmsNorm _norm;
        private readonly Linear _up;
        private readonly Linear _down;

        public ResidualBlock(ModelBuilder builder, string name, int width)
        {
            ModelBuilder scope = builder.Scope(name);
            _norm = new RmsNorm(scope, "norm", width);
            _up = new Linear(scope, "up", width, 4 * width);
            _down = new Linear(scope, "down", 4 * width, width);
        }

        public Tensor Record(Tape tape, Tensor x) => _down.Record(tape, _up.Record(tape, _norm.Record(tape, x), Activation.Silu), residual: x);
    }
}
