using System.Diagnostics;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>What a profile of an optimizer counts, against counts by hand.</summary>
public class OptimizerProfileTests
{
    [Fact]
    public void Every_part_of_a_step_is_there_with_its_operations_and_bytes_and_together_they_are_part_of_the_step()
    {
        using TestModel model = TestModel.Matrices((20, 30), (700, 700));
        using var team = new WorkerTeam(2);
        using var optimizer = new Muon(model.Parameters, new MuonOptions { Orthogonalizer = NewtonSchulz.Jordan5 }, null, team);
        OptimizerProfile profile = optimizer.StartProfile();

        long start = Stopwatch.GetTimestamp();
        for (int step = 1; step <= 3; step++)
        {
            model.FillGradients(step);
            optimizer.Step();
        }

        TimeSpan whole = Stopwatch.GetElapsedTime(start);
        IReadOnlyList<StageTime> stages = profile.Stages();
        Assert.Equal([("gate", 3L), ("muon", 3L), ("muon", 3L), ("muon", 3L)], stages.Select(stage => (stage.Optimizer, stage.Calls)));
        Assert.Equal(["momentum", "orthogonalize", "scale, decay and apply"], stages.Skip(1).Select(stage => stage.Stage));
        double elements = (20 * 30) + (700 * 700);
        Assert.Equal([4 * elements, 16 * elements, 8 * elements, 12 * elements], stages.Select(stage => stage.Bytes / 3));

        // Five steps of 3m²n + m³ on either matrix.
        double operations = 5 * ((3.0 * 20 * 20 * 30) + (20 * 20 * 20) + (4.0 * 700 * 700 * 700));
        Assert.Equal([0, 0, operations, 0], stages.Select(stage => stage.Flops / 3));
        Assert.All(stages, stage => Assert.True(stage.Elapsed > TimeSpan.Zero));
        Assert.True(stages.Sum(stage => stage.Elapsed.Ticks) <= whole.Ticks);
    }

    [Fact]
    public void Adamw_is_one_pass_over_28_bytes_an_element_and_a_skipped_step_updates_nothing()
    {
        using TestModel model = TestModel.Matrices((8, 16));
        using var team = new WorkerTeam(1);
        using var optimizer = new RoutedOptimizer(model.Store, Route.AdamW(), null, team);
        OptimizerProfile profile = optimizer.StartProfile();
        model.FillGradients(1);
        optimizer.Step();
        model.Parameters[0].Gradient.Span[3] = float.NaN;
        optimizer.Step();

        Assert.Equal([("gate", 2L, 2 * 4 * 128.0), ("adamw", 1L, 28 * 128.0)], profile.Stages().Select(stage => (stage.Optimizer, stage.Calls, stage.Bytes)));
        profile.Reset();
        Assert.Empty(profile.Stages());
    }

    [Fact]
    public void Measuring_changes_no_bit_and_ends_when_told()
    {
        float[] plain = Run(measured: false), measured = Run(measured: true);
        Compare.SameBits(plain, measured);

        static float[] Run(bool measured)
        {
            using TestModel model = TestModel.Language(width: 24);
            using var team = new WorkerTeam(2);
            using var optimizer = new RoutedOptimizer(model.Store, null, null, team);
            OptimizerProfile? profile = measured ? optimizer.StartProfile() : null;
            for (int step = 1; step <= 4; step++)
            {
                if (step == 3)
                {
                    optimizer.StopProfile();
                }

                model.FillGradients(step);
                optimizer.Step();
            }

            Assert.All(profile?.Stages() ?? [], stage => Assert.Equal(2, stage.Calls));
            return [.. model.Parameters.SelectMany(parameter => parameter.Weights.Span.ToArray())];
        }
    }
}
