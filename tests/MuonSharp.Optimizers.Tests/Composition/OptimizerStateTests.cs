using MuonSharp.Formats;

namespace MuonSharp.Optimizers.Tests;

public sealed class OptimizerStateTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"muonsharp-state-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Save_load_continue_has_the_bits_of_not_stopping()
    {
        using TestModel whole = TestModel.Language();
        using TestModel before = TestModel.Language();
        using TestModel after = TestModel.Language();
        using RoutedOptimizer uninterrupted = Optimizer(whole);
        using (RoutedOptimizer first = Optimizer(before))
        {
            for (int step = 1; step <= 7; step++)
            {
                Step(whole, uninterrupted, step);
                Step(before, first, step);
            }

            OptimizerState.Save(first, _path);
        }

        foreach (Parameter parameter in before.Parameters)
        {
            parameter.Weights.Span.CopyTo(after[parameter.Name].Weights.Span);
        }

        using RoutedOptimizer second = Optimizer(after);
        OptimizerState.Load(second, _path);
        Assert.Equal(7, second.Steps);
        for (int step = 8; step <= 12; step++)
        {
            StepReport expected = Step(whole, uninterrupted, step);
            StepReport actual = Step(after, second, step);
            Assert.Equal(
                (expected.Step, expected.SkippedSteps, expected.GradientNorm, expected.UpdateRms, expected.Groups[0].LearningRate),
                (actual.Step, actual.SkippedSteps, actual.GradientNorm, actual.UpdateRms, actual.Groups[0].LearningRate));
        }

        Compare.SameBits(whole.AllWeights(), after.AllWeights());
        Assert.Equal(uninterrupted.SaveCounters(), second.SaveCounters());
    }

    [Fact]
    public void State_is_named_after_optimizer_kind_and_parameter()
    {
        using TestModel model = TestModel.Language(layers: 1);
        using RoutedOptimizer optimizer = Optimizer(model);
        string[] names = [.. optimizer.StateTensors.Select(tensor => tensor.Name)];
        Assert.Contains("muon.momentum/h.0.attn.weight", names);
        Assert.Contains("adamw.first_moment/wte", names);
        Assert.Contains("adamw.second_moment/wte", names);
        Assert.Equal(3 + (2 * 5), names.Length);
        Assert.Equal([24, 72], optimizer.StateTensors.Single(tensor => tensor.Name == "muon.momentum/h.0.attn.weight").Shape);
    }

    [Fact]
    public void The_state_of_another_model_is_refused_as_a_whole()
    {
        using TestModel small = TestModel.Matrices((4, 4), (5, 3));
        using TestModel other = TestModel.Matrices((4, 4), (3, 5), (2, 2));
        using var saved = new Muon(small.Parameters, learningRate: 0.1);
        using var loading = new Muon(other.Parameters, learningRate: 0.1);
        small.FillGradients(1);
        saved.Step();
        OptimizerState.Save(saved, _path);
        InvalidFileException exception = Assert.Throws<InvalidFileException>(() => OptimizerState.Load(loading, _path));
        Assert.Contains("'muon.momentum/matrix1' must be F32 [3, 5], not F32 [5, 3]", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'muon.momentum/matrix2' is missing", exception.Message, StringComparison.Ordinal);
        Assert.All(loading.StateTensors, tensor => Assert.All(tensor.Memory.Span.ToArray(), value => Assert.Equal(0, value)));
        Assert.Equal(0, loading.Steps);
    }

    [Fact]
    public void Counters_are_checked_before_any_is_loaded()
    {
        using TestModel model = TestModel.Matrices((4, 4));
        using var muon = new Muon(model.Parameters, learningRate: 0.1);
        var counters = new Dictionary<string, long>(muon.SaveCounters()) { ["step"] = 5, ["count/matrix0"] = -1, ["count/other"] = 3 };
        counters.Remove("skipped_steps");
        OptimizerOptionsException exception = Assert.Throws<OptimizerOptionsException>(() => muon.LoadCounters(counters));
        Assert.Equal(3, exception.Problems.Count);
        Assert.Equal(0, muon.Steps);
    }

    private static RoutedOptimizer Optimizer(TestModel model) => new(
        model.Store,
        Route.Muon(new MuonOptions { LearningRate = new CosineSchedule(0.02, 3), Momentum = new RampSchedule(0.85, 0.95, 10) }),
        new StepOptions { TotalSteps = 12, MaximumGradientNorm = 0.5 });

    private static StepReport Step(TestModel model, RoutedOptimizer optimizer, int step)
    {
        model.FillGradients(step);
        if (step == 5)
        {
            model["head"].Gradient.Span[1] = float.NaN;
        }

        return optimizer.Step();
    }
}
