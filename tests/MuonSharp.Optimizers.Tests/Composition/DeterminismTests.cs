using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

public class DeterminismTests
{
    [Fact]
    public void One_two_and_three_workers_and_a_second_run_give_the_same_bits()
    {
        (float[] expected, _) = Run(1);
        Compare.SameBits(expected, Run(1).Weights);
        SeveralWorkers.GiveTheSameBits(expected, () => Run(2));
        SeveralWorkers.GiveTheSameBits(expected, () => Run(3));
    }

    /// <summary>Every vector width and every machine with fused multiply-adds: CI runs the tests at 128 bits as well.</summary>
    [Fact]
    public void The_bits_are_those_of_every_machine()
    {
        Assert.SkipUnless(VectorWidth.HasFusedMultiplyAdd, "without fused multiply-adds results are right, but not the same bits");
        (float[] values, _) = Run(2);
        string hash = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())));
        Assert.Equal("789DBF9BA4545CEB109F1B30E309018B", hash[..32]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void More_workers_than_matrices_give_the_bits_of_one(int matrices)
    {
        (int, int)[] shapes = [.. Enumerable.Range(0, matrices).Select(i => (90 + i, 70))];
        SeveralWorkers.GiveTheSameBits(Steps(1).Values, () => Steps(8));

        (float[] Values, long[] Tasks) Steps(int threads)
        {
            using var team = new WorkerTeam(threads);
            using TestModel model = TestModel.Matrices(shapes);
            using var optimizer = new RoutedOptimizer(model.Store, team: team);
            for (int step = 1; step <= 20; step++)
            {
                model.FillGradients(step);
                optimizer.Step();
            }

            return (model.AllWeights(), SeveralWorkers.TasksOf(team));
        }
    }

    [Fact]
    public void A_matrix_split_across_workers_has_the_bits_of_one_worker()
    {
        (float[] expected, _) = RunLarge(1);
        SeveralWorkers.GiveTheSameBits(expected, () => RunLarge(3));
    }

    [Fact]
    public void The_order_of_parameters_does_not_matter()
    {
        (string, int[], ParameterRole, MatrixLayout?)[] parameters =
        [
            ("a", [33, 20], ParameterRole.Matrix, null), ("b", [20, 50], ParameterRole.Matrix, null),
            ("c", [30, 12], ParameterRole.Embedding, null), ("d", [50], ParameterRole.Gain, null),
        ];
        using var team = new WorkerTeam(2);
        using var forward = new TestModel(parameters);
        using var backward = new TestModel([.. parameters.Reverse()]);
        var clip = new StepOptions { MaximumGradientNorm = 0.1 };
        using var first = new RoutedOptimizer(forward.Store, step: clip, team: team);
        using var second = new RoutedOptimizer(backward.Store, step: clip, team: team);
        for (int step = 1; step <= 5; step++)
        {
            forward.FillGradients(step);
            backward.FillGradients(step);
            Assert.True(first.Step().ClipFactor < 1);
            second.Step();
        }

        foreach (Parameter parameter in forward.Parameters)
        {
            Compare.SameBits(parameter.Weights.Span, backward[parameter.Name].Weights.Span);
        }
    }

    private static (float[] Weights, long[] Tasks) Run(int threads)
    {
        using var model = TestModel.Language(width: 48, layers: 3);
        using var team = new WorkerTeam(threads);
        var options = new StepOptions { TotalSteps = 10, MaximumGradientNorm = 0.5 };
        using var optimizer = new RoutedOptimizer(
            model.Store, Route.Muon(MuonPresets.KellerJordan with { LearningRate = new CosineSchedule(0.02, 2), WeightDecay = 0.1 }), options, team);
        for (int step = 1; step <= 10; step++)
        {
            model.FillGradients(step);
            optimizer.Step();
        }

        return ([.. model.AllWeights(), .. optimizer.StateTensors.SelectMany(tensor => tensor.Memory.Span.ToArray())], SeveralWorkers.TasksOf(team));
    }

    private static (float[] Weights, long[] Tasks) RunLarge(int threads)
    {
        const int Rows = 648, Columns = 642;
        Assert.True((long)Columns * Columns * Rows > MuonPass.LargestSmallWork);
        using TestModel model = TestModel.Matrices((Rows, Columns));
        using var team = new WorkerTeam(threads);
        using var muon = new Muon(model.Parameters, new MuonOptions(), team: team);
        model.FillGradients(1);
        muon.Step();
        return (model.AllWeights(), SeveralWorkers.TasksOf(team));
    }
}
