using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Consumer;

/// <summary>An optimizer of one's own: a struct and a record, routed beside Muon, with everything that the product's own have.</summary>
public class OwnOptimizerTests
{
    [Fact]
    public void Steps_what_it_is_routed_to_by_its_formula_and_saves_its_state()
    {
        Parameter matrix = Filled("matrix", [3, 5], ParameterRole.Matrix), bias = Filled("bias", [5], ParameterRole.Bias);
        using RoutedOptimizer optimizer = new(
            [matrix, bias], Route.Split(new MuonOptions(), new AdagradOptions { LearningRate = 0.5, WeightDecay = 0.1 }), new StepOptions { TotalSteps = 3 });
        double[] weights = [.. bias.Weights.Span.ToArray().Select(value => (double)value)];
        double[] sums = new double[5];
        for (int step = 1; step <= 3; step++)
        {
            for (int i = 0; i < 5; i++) bias.Gradient.Span[i] = (i - 2) * step;
            matrix.Gradient.Span.Fill(0.1f);
            StepReport report = optimizer.Step();
            Assert.Equal(["adagrad", "muon"], report.Groups.Select(group => group.Optimizer).Order(StringComparer.Ordinal));
            for (int i = 0; i < 5; i++)
            {
                double gradient = (i - 2) * step;
                sums[i] += gradient * gradient;
                weights[i] -= (0.5 * gradient / (Math.Sqrt(sums[i]) + 1e-10)) + (0.5 * 0.1 * weights[i]);
                Assert.Equal(weights[i], bias.Weights.Span[i], 1e-5);
            }
        }

        StateTensor state = Assert.Single(optimizer.StateTensors, tensor => tensor.Name.StartsWith("adagrad.", StringComparison.Ordinal));
        Assert.Equal("adagrad.sum_of_squares/bias", state.Name);
        for (int i = 0; i < 5; i++) Assert.Equal(sums[i], state.Memory.Span[i], 1e-4);
    }

    [Fact]
    public void Its_wrong_options_are_named_with_all_others()
    {
        OptimizerOptionsException error = Assert.Throws<OptimizerOptionsException>(
            () => new RoutedOptimizer([Filled("bias", [5], ParameterRole.Bias)], Route.Split(new MuonOptions(), new AdagradOptions { LearningRate = -1 })));
        Assert.Contains("learning rate", error.Message, StringComparison.Ordinal);
    }

    private static Parameter Filled(string name, int[] shape, ParameterRole role)
    {
        int length = shape.Aggregate(1, (a, b) => a * b);
        float[] weights = [.. Enumerable.Range(0, length).Select(i => (i % 7) - 3f)];
        return new Parameter(name, [.. shape], role, MemoryBlock.Of(weights), MemoryBlock.Of(new float[length]));
    }

    private sealed record AdagradOptions() : ElementwiseOptions<AdagradRule, AdagradOptions>(learningRate: 0.01)
    {
        public override string OptimizerName => "adagrad";
    }

    private readonly struct AdagradRule(float rate, float decay) : IElementRule<AdagradRule, AdagradOptions>
    {
        public static int States => 1;

        public static string StateName(int state) => "sum_of_squares";

        public static AdagradRule Create(AdagradOptions options, in StepValues values, long count) =>
            new((float)values.LearningRate, (float)(values.LearningRate * values.WeightDecay));

        public V Change<L, V>(V gradient, V weight, ref V first, ref V second)
            where L : struct, ILanes<V>
            where V : struct
        {
            first = L.MultiplyAdd(gradient, gradient, first);
            V direction = L.Divide(gradient, L.Add(L.Sqrt(first), L.Broadcast(1e-10f)));
            return L.MultiplyAdd(L.Broadcast(rate), direction, L.Multiply(L.Broadcast(decay), weight));
        }
    }
}
