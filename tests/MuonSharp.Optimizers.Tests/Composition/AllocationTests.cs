using MuonSharp.Numerics;
using MuonSharp.Numerics.Tests;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Runs alone: it looks at the allocations of the whole process.</summary>
[SettledMemory]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public class AllocationTests
{
    [Theory]
    [MemberData(nameof(ContractTable.Names), MemberType = typeof(ContractTable))]
    public void No_optimizer_allocates_in_a_step(string name)
    {
        using TestModel model = TestModel.Language(width: 40, layers: 2);
        using var team = new WorkerTeam(2);
        using RoutedOptimizer optimizer = ContractTable.Rows[name].Optimizer(model, team);
        StepsAllocateNothing(model, optimizer, team);
    }

    [Fact]
    public void A_step_allocates_nothing_on_the_managed_heap()
    {
        using TestModel model = TestModel.Language(width: 48, layers: 3);
        using var team = new WorkerTeam(2);
        var muon = new MuonOptions { LearningRate = new WarmUpStableDecaySchedule(0.02, 3), Momentum = new RampSchedule(0.85, 0.95, 10) };
        using var optimizer = new RoutedOptimizer(
            model.Store, Route.Muon(muon), new StepOptions { TotalSteps = 100, MaximumGradientNorm = 0.1 }, team);
        StepsAllocateNothing(model, optimizer, team);
    }

    [Fact]
    public void Everything_native_is_freed()
    {
        int buffers = NativeBuffer.LiveCount;
        using (TestModel model = TestModel.Language())
        {
            using var optimizer = new RoutedOptimizer(model.Store);
            model.FillGradients(1);
            optimizer.Step();
            Assert.True(NativeBuffer.LiveCount > buffers);
        }

        Assert.Equal(buffers, NativeBuffer.LiveCount);
    }

    private static void StepsAllocateNothing(TestModel model, RoutedOptimizer optimizer, WorkerTeam team)
    {
        model.FillGradients(1);
        for (int step = 0; step < 30; step++)
        {
            optimizer.Step();
        }

        // Another thread of the test runner may allocate now and then; a step that allocates would do so in every window.
        // And where all cores are taken, worker 1 may sleep through one.
        bool clean = false;
        for (int window = 0; window < 1000 && !clean; window++)
        {
            (int Buffers, long Bytes) native = (NativeBuffer.LiveCount, NativeBuffer.LiveBytes);
            long[] tasks = [team.TasksOf(0), team.TasksOf(1)];
            double sum = 0;
            long own = GC.GetAllocatedBytesForCurrentThread();
            long total = GC.GetTotalAllocatedBytes(precise: true);
            for (int step = 0; step < 20; step++)
            {
                StepReport report = optimizer.Step();
                sum += report.UpdateRms + report.GradientNorm + report.MatricesOrthogonalized + report.Groups[0].LearningRate;
            }

            total = GC.GetTotalAllocatedBytes(precise: true) - total;
            clean = total == 0 && GC.GetAllocatedBytesForCurrentThread() == own && native == (NativeBuffer.LiveCount, NativeBuffer.LiveBytes)
                && sum > 0 && team.TasksOf(0) > tasks[0] && team.TasksOf(1) > tasks[1];
        }

        Assert.True(clean, "no window of twenty steps had both workers at work and no allocation, managed or native, on any thread");
    }
}
