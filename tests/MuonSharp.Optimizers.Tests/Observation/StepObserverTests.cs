using System.Collections.Concurrent;

namespace MuonSharp.Optimizers.Tests.Observation;

public class StepObserverTests
{
    private const string Fused = "h.0.attn.weight";

    [Fact]
    public void The_result_is_the_polar_factor_of_the_direction_and_what_the_update_subtracts()
    {
        const double Rate = 0.25;
        using TestModel model = TestModel.Matrices((6, 4));
        Seen seen = new(static (_, _) => true);
        using var muon = new Muon(model.Parameters, new MuonOptions { LearningRate = Rate, WeightDecay = 0, Orthogonalizer = ExactPolar.Instance, Scale = UpdateScale.None }, new StepOptions { Observer = seen });
        float[] before = model.AllWeights();
        model.FillGradients(1);
        muon.Step();
        float[] after = model.AllWeights();
        (float[] direction, float[] result) = (seen.Directions[("matrix0", 0, 1)], seen.Results[("matrix0", 0, 1)]);

        // What makes X the polar factor of D, in double precision: X'X = 1, X'D symmetric, and its diagonal sum (the sum of D's singular values) above 0.
        double[,] gram = Product(result, result, 6, 4), mixed = Product(result, direction, 6, 4);
        double trace = 0;
        for (int i = 0; i < 4; i++)
        {
            trace += mixed[i, i];
            for (int j = 0; j < 4; j++)
            {
                Assert.Equal(i == j ? 1 : 0, gram[i, j], 1e-5);
                Assert.Equal(mixed[i, j], mixed[j, i], 1e-6);
            }
        }

        Assert.True(trace > 0);
        for (int i = 0; i < before.Length; i++)
        {
            Assert.Equal(before[i] - (Rate * result[i]), after[i], 1e-6);
        }
    }

    [Fact]
    public void Without_a_look_ahead_the_direction_is_the_momentum()
    {
        using TestModel model = TestModel.Matrices((6, 4), (5, 9));
        Seen seen = new(static (_, _) => true);
        using var muon = new Muon(model.Parameters, new MuonOptions { Nesterov = false }, new StepOptions { Observer = seen });
        for (int step = 1; step <= 3; step++)
        {
            model.FillGradients(step);
            muon.Step();
            foreach (Parameter parameter in model.Parameters)
            {
                StateTensor momentum = muon.StateTensors.Single(tensor => tensor.Name == $"muon.momentum/{parameter.Name}");
                Assert.Equal(momentum.Memory.Span.ToArray(), seen.Directions[(parameter.Name, 0, step)]);
            }
        }
    }

    [Fact]
    public void Only_what_was_chosen_is_told_and_each_matrix_of_a_fused_tensor_by_itself()
    {
        using TestModel model = TestModel.Language();
        Seen seen = new(static (parameter, step) => parameter.Name is Fused or "h.1.up.weight" && step % 2 == 0);
        using var optimizer = new RoutedOptimizer(model.Store, Route.Muon(), new StepOptions { Observer = seen });
        for (int step = 1; step <= 6; step++)
        {
            model.FillGradients(step);
            if (step == 4)
            {
                model["wte"].Gradient.Span[0] = float.NaN;
            }

            model["h.1.up.weight"].HasGradient = step != 6;
            optimizer.Step();
        }

        // Step 4 was skipped. In step 6 the second matrix has no gradient: whether it steps is the preset's rule, and it is told of only if it does.
        int matrices = model[Fused].Matrices.Length;
        Assert.Equal(3, matrices);
        Assert.Equal(
            Enumerable.Range(0, matrices).SelectMany(index => (long[])[2, 6], (index, step) => (Fused, index, step)).Order(),
            seen.Directions.Keys.Where(key => key.Name == Fused).Order());
        Assert.Contains(("h.1.up.weight", 0, 2), seen.Directions.Keys);
        Assert.DoesNotContain(seen.Directions.Keys, key => key.Step is not (2 or 6) || key.Name is not (Fused or "h.1.up.weight"));
        Assert.Equal(seen.Directions.Keys.Order(), seen.Results.Keys.Order());
        Assert.All(seen.Directions.Where(pair => pair.Key.Name == Fused), pair => Assert.Equal(model[Fused].Matrices[pair.Key.Index].Length, pair.Value.Length));
    }

    [Fact]
    public void Looking_changes_no_bit()
    {
        using TestModel watched = TestModel.Language();
        using TestModel alone = TestModel.Language();
        using var one = new RoutedOptimizer(watched.Store, Route.Muon(), new StepOptions { Observer = new Seen(static (_, _) => true) });
        using var other = new RoutedOptimizer(alone.Store, Route.Muon());
        for (int step = 1; step <= 4; step++)
        {
            watched.FillGradients(step);
            alone.FillGradients(step);
            one.Step();
            other.Step();
        }

        Compare.SameBits(watched.AllWeights(), alone.AllWeights());
    }

    /// <summary>A'B of two matrices stored by rows.</summary>
    private static double[,] Product(float[] a, float[] b, int rows, int columns)
    {
        double[,] product = new double[columns, columns];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < columns; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    product[i, j] += (double)a[(row * columns) + i] * b[(row * columns) + j];
                }
            }
        }

        return product;
    }

    private sealed class Seen(Func<Parameter, long, bool> chooses) : IStepObserver
    {
        public ConcurrentDictionary<(string Name, int Index, long Step), float[]> Directions { get; } = new();

        public ConcurrentDictionary<(string Name, int Index, long Step), float[]> Results { get; } = new();

        public bool Observes(Parameter parameter, long step) => chooses(parameter, step);

        public void Direction(in ObservedMatrix matrix, ReadOnlySpan<float> values)
        {
            Assert.Equal(matrix.Slice.Length, values.Length);
            Assert.True(Directions.TryAdd((matrix.Parameter.Name, matrix.Index, matrix.Step), values.ToArray()));
        }

        public void Result(in ObservedMatrix matrix, ReadOnlySpan<float> values) =>
            Assert.True(Results.TryAdd((matrix.Parameter.Name, matrix.Index, matrix.Step), values.ToArray()));
    }
}
