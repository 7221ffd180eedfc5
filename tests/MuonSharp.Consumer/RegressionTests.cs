using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Consumer;

/// <summary>A network of one's own on one's own arrays, with a loop of one's own: the page docs/your-own-network.md.</summary>
public class RegressionTests
{
    [Fact]
    public void A_two_layer_network_fits_a_function_on_arrays()
    {
        ModelBuilder builder = new(seed: 1);
        Linear up = new(builder, "up", inputs: 2, outputs: 64);
        Linear down = new(builder, "down", inputs: 64, outputs: 1, role: ParameterRole.Head);
        using Model model = builder.Build();
        using Tape tape = model.NewTape(training: true);
        Tensor x = tape.Input("x", 128, 2);
        Tensor target = tape.Input("target", 128, 1);
        Loss loss = tape.MeanSquaredError(down.Record(tape, up.Record(tape, x, Activation.Tanh)), target);
        tape.Compile();
        using RoutedOptimizer optimizer = new(model.Parameters, step: new StepOptions { TotalSteps = 200 }, team: model.Team);
        double first = 0;
        for (int step = 1; step <= 200; step++)
        {
            Draw(step, x.Value, target.Value);
            model.Parameters.ZeroGradients();
            tape.Forward();
            tape.Backward();
            StepReport report = optimizer.Step();
            Assert.Equal(1, report.MatricesOrthogonalized);
            first = step == 1 ? loss.Mean : first;
        }

        // The function's own variance is about 0.17; a constant could not do better.
        Assert.InRange(first, 0.1, 10);
        Assert.InRange(loss.Mean, 0, 0.01);
    }

    [Fact]
    public void A_layer_that_was_never_built_and_a_tape_that_was_never_compiled_say_what_to_call()
    {
        ModelBuilder builder = new(seed: 1);
        Linear layer = new(builder, "layer", 2, 2);
        Exception unbuilt = Assert.ThrowsAny<Exception>(() => layer.Weight.Weights.Span[0] = 1);
        Assert.Contains("Build", unbuilt.Message, StringComparison.Ordinal);
        using Model model = builder.Build();
        using Tape tape = model.NewTape(training: true);
        _ = layer.Record(tape, tape.Input("x", 3, 2));
        Exception uncompiled = Assert.Throws<InvalidOperationException>(tape.Forward);
        Assert.Contains("Compile", uncompiled.Message, StringComparison.Ordinal);
    }

    internal static void Draw(int step, Span<float> inputs, Span<float> targets)
    {
        for (int i = 0; i < targets.Length; i++)
        {
            double place = (step * targets.Length) + i;
            float a = (float)((2 * (place * 0.7548776662 % 1)) - 1), b = (float)((2 * (place * 0.5698402910 % 1)) - 1);
            (inputs[2 * i], inputs[(2 * i) + 1], targets[i]) = (a, b, MathF.Sin(3 * a) * b);
        }
    }
}
