namespace MuonSharp.Optimizers.Tests;

public class MissingGradientTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Skip_leaves_weights_state_and_count_alone(bool muon)
    {
        using TestModel model = TestModel.Matrices((6, 5), (5, 6));
        using Optimizer optimizer = muon
            ? new Muon(model.Parameters, new MuonOptions { WeightDecay = 0.5 })
            : new AdamW(model.Parameters, new AdamWOptions { WeightDecay = 0.5 });
        model.FillGradients(1);
        optimizer.Step();
        float[] weights = model.Weights("matrix0");
        float[] state = optimizer.StateTensors[0].Memory.Span.ToArray();
        model.FillGradients(2);
        model["matrix0"].HasGradient = false;
        StepReport report = optimizer.Step();
        Compare.SameBits(weights, model.Weights("matrix0"));
        Compare.SameBits(state, optimizer.StateTensors[0].Memory.Span);
        Assert.Equal(1, optimizer.SaveCounters()["count/matrix0"]);
        Assert.Equal(2, optimizer.SaveCounters()["count/matrix1"]);
        Assert.Equal((1, 30L), (report.Groups[0].UpdatedParameters, report.Groups[0].UpdatedElements));
    }

    [Fact]
    public void Zero_equals_a_gradient_of_zeros()
    {
        using TestModel missing = TestModel.Language();
        using TestModel zeros = TestModel.Language();
        using var one = new RoutedOptimizer(missing.Store, Route.Muon(MuonPresets.KellerJordan));
        using var other = new RoutedOptimizer(zeros.Store, Route.Muon(MuonPresets.KellerJordan));
        for (int step = 1; step <= 6; step++)
        {
            missing.FillGradients(step);
            zeros.FillGradients(step);
            foreach (string name in step % 2 == 0 ? new[] { "wte", "h.0.attn.weight", "h.1.ln.bias" } : ["h.1.up.weight"])
            {
                missing[name].Gradient.Span.Fill(float.NaN);
                missing[name].HasGradient = false;
                zeros[name].Gradient.Span.Clear();
            }

            one.Step();
            other.Step();
        }

        Compare.SameBits(zeros.AllWeights(), missing.AllWeights());
        Assert.Equal(6, one.SaveCounters()["count/wte"]);
    }

    [Fact]
    public void Before_the_first_gradient_only_decay_acts()
    {
        using TestModel model = TestModel.Matrices((3, 4));
        float[] start = model.AllWeights();
        using var muon = new Muon(model.Parameters, MuonPresets.KellerJordan with { LearningRate = 0.5, WeightDecay = 0.5 });
        model["matrix0"].HasGradient = false;
        muon.Step();
        float[] expected = [.. start.Select(weight => weight - (0.25f * weight))];
        Compare.SameBits(expected, model.AllWeights());
    }
}
