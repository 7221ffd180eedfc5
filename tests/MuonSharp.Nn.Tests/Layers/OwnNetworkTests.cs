using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Layers;

/// <summary>Networks as a user would write them: public members alone, and a loop of one's own.</summary>
public class OwnNetworkTests
{
    [Fact]
    public void A_two_layer_regression_on_arrays_learns_its_function()
    {
        (float[] inputs, float[] targets) = Samples(256);
        ModelBuilder builder = new(seed: 1);
        Linear up = new(builder, "up", 2, 32), down = new(builder, "down", 32, 1, role: ParameterRole.Head);
        using Model model = builder.Build();
        using Tape tape = model.NewTape(training: true);
        Tensor x = tape.Input("x", 256, 2), target = tape.Input("target", 256, 1);
        Loss loss = tape.MeanSquaredError(down.Record(tape, up.Record(tape, x, Activation.Gelu)), target);
        tape.Compile();
        inputs.CopyTo(x.Value);
        targets.CopyTo(target.Value);
        using RoutedOptimizer optimizer = new(model.Parameters, team: model.Team);
        double first = 0, last = 0;
        for (int step = 0; step < 150; step++)
        {
            model.Parameters.ZeroGradients();
            tape.Forward();
            tape.Backward();
            optimizer.Step();
            (first, last) = (step == 0 ? loss.Mean : first, loss.Mean);
        }

        Assert.InRange(last, 0, 0.02 * first);
    }

    /// <summary>y = x₀ x₁ + sin 2x₀ on a grid.</summary>
    private static (float[] Inputs, float[] Targets) Samples(int count)
    {
        float[] inputs = new float[2 * count], targets = new float[count];
        for (int i = 0; i < count; i++)
        {
            (float a, float b) = ((i / 16 / 8f) - 1, (i % 16 / 8f) - 1);
            (inputs[2 * i], inputs[(2 * i) + 1], targets[i]) = (a, b, (a * b) + MathF.Sin(2 * a));
        }

        return (inputs, targets);
    }
}
