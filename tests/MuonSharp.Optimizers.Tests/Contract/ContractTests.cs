using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>What every optimizer promises, whatever its mathematics. Allocation is tested apart, by a class that runs alone.</summary>
public sealed class ContractTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"muonsharp-contract-{Guid.NewGuid():N}.safetensors");

    public static TheoryData<string> Names => ContractTable.Names;

    /// <summary>airbench94 rescales weights without gradients too: MuonPresetTests.</summary>
    public static TheoryData<string> NamesThatLeaveWeightsAlone =>
        [.. ContractTable.Rows.Where(row => !row.Value.RescalesWeights).Select(row => row.Key)];

    public void Dispose() => File.Delete(_path);

    [Theory]
    [MemberData(nameof(Names))]
    public void One_two_and_three_workers_and_a_second_run_give_the_same_bits(string name)
    {
        (float[] expected, _) = Run(1);
        Compare.SameBits(expected, Run(1).Values);
        SeveralWorkers.GiveTheSameBits(expected, () => Run(2));
        SeveralWorkers.GiveTheSameBits(expected, () => Run(3));

        (float[] Values, long[] Tasks) Run(int threads)
        {
            using TestModel model = TestModel.Language(width: 40);
            using var team = new WorkerTeam(threads);
            using RoutedOptimizer optimizer = ContractTable.Rows[name].Optimizer(model, team, new StepOptions { MaximumGradientNorm = 0.5 });
            for (int step = 1; step <= 5; step++)
            {
                Step(model, optimizer, step);
            }

            return ([.. model.AllWeights(), .. State(optimizer)], SeveralWorkers.TasksOf(team));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Save_load_continue_has_the_bits_of_not_stopping(string name)
    {
        using TestModel whole = TestModel.Language();
        using TestModel resumed = TestModel.Language();
        using RoutedOptimizer uninterrupted = ContractTable.Rows[name].Optimizer(whole);
        for (int step = 1; step <= 4; step++)
        {
            Step(whole, uninterrupted, step);
        }

        OptimizerState.Save(uninterrupted, _path);
        foreach (Parameter parameter in whole.Parameters)
        {
            parameter.Weights.Span.CopyTo(resumed[parameter.Name].Weights.Span);
        }

        using RoutedOptimizer second = ContractTable.Rows[name].Optimizer(resumed);
        OptimizerState.Load(second, _path);
        for (int step = 5; step <= 8; step++)
        {
            Step(whole, uninterrupted, step);
            Step(resumed, second, step);
        }

        Compare.SameBits(whole.AllWeights(), resumed.AllWeights());
        Compare.SameBits(State(uninterrupted), State(second));
        Assert.Equal(uninterrupted.SaveCounters(), second.SaveCounters());
    }

    [Theory]
    [MemberData(nameof(NamesThatLeaveWeightsAlone))]
    public void A_zero_gradient_moves_nothing_but_decay(string name)
    {
        ContractRow row = ContractTable.Rows[name];
        foreach (double decay in new[] { 0, 0.25 })
        {
            using TestModel model = TestModel.Matrices((8, 6), (1, 9));
            float[] start = model.AllWeights();
            using RoutedOptimizer optimizer = (row with { Options = row.Options with { LearningRate = 0.5, WeightDecay = decay } }).Optimizer(model);
            model.Store.ZeroGradients();
            optimizer.Step();
            double factor = row.Decayed(0.5, decay);
            Assert.All(start.Zip(model.AllWeights()), pair => Assert.Equal(pair.First * factor, pair.Second, Math.Abs(pair.First) * 2e-7));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_bad_element_changes_no_weight_and_no_state(string name)
    {
        using TestModel model = TestModel.Language();
        using RoutedOptimizer optimizer = ContractTable.Rows[name].Optimizer(model);
        Step(model, optimizer, 1);
        float[] weights = model.AllWeights();
        float[] state = State(optimizer);
        model.FillGradients(2);
        model["h.1.up.weight"].Gradient.Span[5] = float.NaN;
        StepReport report = optimizer.Step();
        Assert.Equal(("h.1.up.weight", 2L, 1L), (report.NonFiniteParameter, report.Step, report.SkippedSteps));
        Compare.SameBits(weights, model.AllWeights());
        Compare.SameBits(state, State(optimizer));
        Assert.Equal(1, optimizer.SaveCounters()["count/wte"]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_missing_gradient_follows_its_rule(string name)
    {
        foreach (MissingGradient rule in Enum.GetValues<MissingGradient>())
        {
            MissingGradientFollows(rule, ContractTable.Rows[name]);
        }
    }

    private static void MissingGradientFollows(MissingGradient rule, ContractRow row)
    {
        row = row with { Options = row.Options with { WeightDecay = 0.25, MissingGradient = rule } };
        ContractRow spared = row with { Options = row.Options with { WeightDecay = new ListSchedule([0.25, 0]) } };
        using TestModel missing = TestModel.Matrices((8, 6));
        using TestModel zeros = TestModel.Matrices((8, 6));
        using RoutedOptimizer one = row.Optimizer(missing);
        using RoutedOptimizer other = (row.Options.MissingGradient == MissingGradient.ZeroWithoutDecay ? spared : row).Optimizer(zeros);
        Step(missing, one, 1);
        Step(zeros, other, 1);
        missing.Parameters[0].Gradient.Span.Fill(float.NaN);
        missing.Parameters[0].HasGradient = false;
        one.Step();
        if (row.Options.MissingGradient != MissingGradient.Skip)
        {
            zeros.Store.ZeroGradients();
            other.Step();
        }

        Compare.SameBits(zeros.AllWeights(), missing.AllWeights());
        Compare.SameBits(State(other), State(one));
        Assert.Equal(other.SaveCounters()["count/matrix0"], one.SaveCounters()["count/matrix0"]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_converges_to_a_target(string name)
    {
        const int Rows = 12, Columns = 8, Steps = 120;
        ContractRow row = ContractTable.Rows[name];
        using TestModel model = TestModel.Matrices((Rows, Columns));
        float[] target = new float[Rows * Columns];
        TestModel.Fill("target", 0, target, 1);
        float scale = (float)Math.Sqrt(Rows / target.Sum(t => (double)t * t));
        OptimizerOptions options = row.Options with { LearningRate = new LinearSchedule(row.ConvergingRate), WeightDecay = 0 };
        using RoutedOptimizer optimizer = (row with { Options = options }).Optimizer(model, step: new StepOptions { TotalSteps = Steps });
        double start = Distance();
        for (int step = 0; step < Steps; step++)
        {
            for (int i = 0; i < target.Length; i++)
            {
                model.Parameters[0].Gradient.Span[i] = model.Parameters[0].Weights.Span[i] - (scale * target[i]);
            }

            optimizer.Step();
        }

        Assert.True(Distance() < 0.1 * start, $"from {start:G3} to {Distance():G3}");

        double Distance() => Math.Sqrt(model.AllWeights().Zip(target, (w, t) => Math.Pow(w - (scale * t), 2)).Sum());
    }

    /// <summary>The gradient of one batch, or the sum of what its parts give: the same but for rounding, so the weights are.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Accumulated_micro_batches_are_one_batch_within_rounding(string name)
    {
        const int Rows = 12, Columns = 12, Samples = 24, Parts = 4, Steps = 12;
        ContractRow row = ContractTable.Rows[name];
        float[] inputs = new float[Samples * Columns];
        float[] targets = new float[Samples * Rows];
        TestModel.Fill("inputs", 0, inputs, 1);
        TestModel.Fill("targets", 0, targets, 1);
        float[] start = [];
        (float[] whole, float[] once) = Train(1);
        (float[] accumulated, float[] added) = Train(Parts);
        double deviation = Compare.Deviation(accumulated, [.. whole.Select(weight => (double)weight)], start);
        Assert.True(deviation < 1e-4, $"deviation {deviation:E2}");
        Assert.NotEqual(once, added);

        (float[] Weights, float[] FirstGradient) Train(int parts)
        {
            using TestModel model = TestModel.Matrices((Rows, Columns));
            Parameter parameter = model.Parameters[0];
            float[] firstGradient = [];
            start = model.AllWeights();
            using RoutedOptimizer optimizer = (row with { Options = row.Options with { LearningRate = 0.2 * row.ConvergingRate } }).Optimizer(model);
            for (int step = 1; step <= Steps; step++)
            {
                model.Store.ZeroGradients();
                for (int part = 0; part < parts; part++)
                {
                    AddGradient(parameter, inputs, targets, part * Samples / parts, Samples / parts, 1f / parts);
                }

                firstGradient = step == 1 ? parameter.Gradient.Span.ToArray() : firstGradient;
                optimizer.Step();
            }

            return (model.AllWeights(), firstGradient);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_order_of_parameters_does_not_matter(string name)
    {
        (string, int[], ParameterRole, MatrixLayout?)[] parameters =
            [("a", [33, 20], ParameterRole.Matrix, null), ("b", [20, 50], ParameterRole.Matrix, MatrixLayout.InOut), ("c", [30], ParameterRole.Gain, null)];
        using var forward = new TestModel(parameters);
        using var backward = new TestModel([.. parameters.Reverse()]);
        using RoutedOptimizer first = ContractTable.Rows[name].Optimizer(forward);
        using RoutedOptimizer second = ContractTable.Rows[name].Optimizer(backward);
        for (int step = 1; step <= 3; step++)
        {
            Step(forward, first, step);
            Step(backward, second, step);
        }

        Assert.All(forward.Parameters, parameter => Compare.SameBits(parameter.Weights.Span, backward[parameter.Name].Weights.Span));
    }

    [Theory]
    [MemberData(nameof(NamesThatLeaveWeightsAlone))]
    public void Each_step_has_its_own_value_of_a_schedule(string name)
    {
        ContractRow row = ContractTable.Rows[name];
        using TestModel model = TestModel.Matrices((8, 6));
        using RoutedOptimizer optimizer =
            (row with { Options = row.Options with { LearningRate = new ListSchedule([0, 0.5, 0]) } }).Optimizer(model);
        float[] before = model.AllWeights();
        for (int step = 1; step <= 3; step++)
        {
            Step(model, optimizer, step);
            float[] after = model.AllWeights();
            Assert.Equal(step == 2, !before.AsSpan().SequenceEqual(after));
            before = after;
        }
    }

    private static StepReport Step(TestModel model, RoutedOptimizer optimizer, int step)
    {
        model.FillGradients(step);
        return optimizer.Step();
    }

    /// <summary>Adds a share of the gradient of the mean of ½‖W x - y‖² over some samples.</summary>
    private static void AddGradient(Parameter parameter, float[] inputs, float[] targets, int first, int count, float share)
    {
        int rows = parameter.Shape[0], columns = parameter.Shape[1];
        float[] gradient = new float[rows * columns];
        for (int sample = first; sample < first + count; sample++)
        {
            ReadOnlySpan<float> x = inputs.AsSpan(sample * columns, columns);
            for (int i = 0; i < rows; i++)
            {
                float error = -targets[(sample * rows) + i];
                for (int j = 0; j < columns; j++)
                {
                    error += parameter.Weights.Span[(i * columns) + j] * x[j];
                }

                for (int j = 0; j < columns; j++)
                {
                    gradient[(i * columns) + j] += error * x[j];
                }
            }
        }

        for (int i = 0; i < gradient.Length; i++)
        {
            parameter.Gradient.Span[i] += share * (gradient[i] / count);
        }
    }

    private static float[] State(RoutedOptimizer optimizer) => [.. optimizer.StateTensors.SelectMany(tensor => tensor.Memory.Span.ToArray())];
}
