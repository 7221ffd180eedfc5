using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>What SOAP and Shampoo have to keep like every other optimizer.</summary>
public class PreconditionedContractTests
{
    public static TheoryData<string> Optimizers => ["soap", "shampoo"];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void One_two_and_three_workers_and_a_second_run_give_the_same_bits(string optimizer)
    {
        (float[] expected, _) = Run(optimizer, 1, [(40, 40), (64, 24), (24, 64), (50, 50)], 7);
        Compare.SameBits(expected, Run(optimizer, 1, [(40, 40), (64, 24), (24, 64), (50, 50)], 7).State);
        SameBitsWithSeveralWorkers(expected, () => Run(optimizer, 2, [(40, 40), (64, 24), (24, 64), (50, 50)], 7));
        SameBitsWithSeveralWorkers(expected, () => Run(optimizer, 3, [(40, 40), (64, 24), (24, 64), (50, 50)], 7));
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_matrix_split_across_workers_has_the_bits_of_one_worker(string optimizer)
    {
        const int Rows = 80, Columns = 740;
        Assert.True(((long)Rows * Columns * (Rows + Columns)) + ((long)Columns * Columns * Columns) > MatrixTaskList.LargestSmallWork);
        (float[] expected, _) = Run(optimizer, 1, [(Rows, Columns)], 3);
        SameBitsWithSeveralWorkers(expected, () => Run(optimizer, 3, [(Rows, Columns)], 3));
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Saved_loaded_and_continued_is_uninterrupted(string optimizer)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using TestModel uninterrupted = TestModel.Matrices((24, 24), (30, 18));
            using Optimizer one = Create(optimizer, uninterrupted, null);
            using TestModel continued = TestModel.Matrices((24, 24), (30, 18));
            using (Optimizer before = Create(optimizer, continued, null))
            {
                Steps(one, uninterrupted, 1, 8);
                Steps(before, continued, 1, 8);
                OptimizerState.Save(before, path);
            }

            using Optimizer after = Create(optimizer, continued, null);
            OptimizerState.Load(after, path);
            Steps(one, uninterrupted, 9, 16);
            Steps(after, continued, 9, 16);
            Compare.SameBits(uninterrupted.AllWeights(), continued.AllWeights());
            Compare.SameBits(State(one), State(after));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_gradient_that_is_not_finite_changes_nothing(string optimizer)
    {
        using TestModel model = TestModel.Matrices((24, 24), (30, 18));
        using Optimizer target = Create(optimizer, model, null);
        Steps(target, model, 1, 5);
        float[] weights = model.AllWeights(), state = State(target);
        model.FillGradients(6);
        model.Parameters[1].Gradient.Span[17] = float.NaN;
        Assert.True(target.Step().Skipped);
        Compare.SameBits(weights, model.AllWeights());
        Compare.SameBits(state, State(target));
        model.FillGradients(6);
        Assert.True(target.Step().UpdateRms > 0);
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Gradients_of_zero_leave_only_the_decay(string optimizer)
    {
        using TestModel model = TestModel.Matrices((24, 24), (30, 18));
        using Optimizer target = Create(optimizer, model, null);
        float[] start = model.AllWeights();
        int decays = optimizer == "soap" ? 9 : 10;
        for (int step = 0; step < 10; step++)
        {
            foreach (Parameter parameter in model.Parameters)
            {
                parameter.Gradient.Span.Clear();
                parameter.HasGradient = true;
            }

            target.Step();
        }

        float[] end = model.AllWeights();
        for (int i = 0; i < start.Length; i++)
        {
            Assert.Equal(start[i] * Math.Pow(1 - (0.01 * 0.1), decays), end[i], 1e-7);
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void It_halves_the_distance_to_zero(string optimizer)
    {
        using TestModel model = TestModel.Matrices((20, 20));
        using Optimizer target = Create(optimizer, model, null, weightDecay: 0);
        Parameter weight = model.Parameters[0];
        double start = Distance(weight);
        for (int step = 0; step < 150; step++)
        {
            weight.Weights.Span.CopyTo(weight.Gradient.Span);
            weight.HasGradient = true;
            target.Step();
        }

        Assert.True(Distance(weight) < start / 2);

        static double Distance(Parameter parameter) => Math.Sqrt(parameter.Weights.Span.ToArray().Sum(value => value * value));
    }

    internal static Optimizer Create(string optimizer, TestModel model, WorkerTeam? team, double weightDecay = 0.1) => optimizer == "soap"
        ? new Soap(model.Parameters, new SoapOptions { LearningRate = 0.01, WeightDecay = weightDecay, PreconditionFrequency = 2 }, team: team)
        : new Shampoo(model.Parameters, new ShampooOptions { LearningRate = 0.01, WeightDecay = weightDecay, PreconditionFrequency = 2 }, team: team);

    private static float[] State(Optimizer optimizer) => [.. optimizer.StateTensors.SelectMany(tensor => tensor.Memory.Span.ToArray())];

    private static void Steps(Optimizer optimizer, TestModel model, int first, int last)
    {
        for (int step = first; step <= last; step++)
        {
            model.FillGradients(step);
            optimizer.Step();
        }
    }

    private static (float[] State, bool Shared) Run(string optimizer, int threads, (int, int)[] shapes, int steps)
    {
        using TestModel model = TestModel.Matrices(shapes);
        using var team = new WorkerTeam(threads);
        using Optimizer target = Create(optimizer, model, team);
        Steps(target, model, 1, steps);
        return ([.. model.AllWeights(), .. State(target)], Enumerable.Range(0, threads).Count(worker => team.TasksOf(worker) > 0) > 1);
    }

    /// <summary>Runs are repeated until one of them really was the work of several: on a busy machine worker 0 may be done before another's turn.</summary>
    private static void SameBitsWithSeveralWorkers(float[] expected, Func<(float[] State, bool Shared)> run)
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            (float[] actual, bool shared) = run();
            Compare.SameBits(expected, actual);
            if (shared)
            {
                return;
            }
        }

        Assert.Fail("in 200 runs only one worker ran tasks");
    }
}
