using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Trainers;

[Collection(nameof(WholeProcess))]
public class MemoryTests
{
    /// <summary>Of products as small as the tests': a panel of rows and one of columns.</summary>
    private const int MostPackedByWorker = 1 << 19;

    [Theory]
    [InlineData("learned", "layer-norm", "gelu", "null")]
    [InlineData("learned", "layer-norm", "gelu", "0.05")]
    [InlineData("rotary", "rms-norm", "relu-squared", "0.05")]
    public void A_step_allocates_nothing_and_the_native_footprint_stays_flat_over_200_steps(string positions, string norm, string activation, string tau)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 15_000)
            .Set("model.positions", positions).Set("model.normalization", norm).Set("model.activation", activation)
            .Set("qkClip.tau", tau);
        int live = NativeBuffer.LiveCount;
        long bytes = NativeBuffer.LiveBytes;
        using (Trainer trainer = Trainer.Create(config))
        {
            TrainingStep step = trainer.Parts.Step;
            long number = 0;
            for (int warmUp = 0; warmUp < 10; warmUp++)
            {
                step.Run(++number);
            }

            long native = NativeBuffer.LiveBytes, packed = NativeBuffer.ThreadBytes;
            long[] allocated = AllocatedBytes.LeastOf(trainer.Task.Team, () =>
            {
                for (int i = 0; i < 200; i++)
                {
                    step.Run(++number);
                }
            });
            Assert.All(allocated, bytes => Assert.Equal(0, bytes));
            Assert.Equal(native, NativeBuffer.LiveBytes);

            // A worker that comes too late for the whole warm-up packs its first panel later, once.
            Assert.InRange(NativeBuffer.ThreadBytes, packed, packed + MostPackedByWorker);
            Assert.False(step.Report.Skipped);
            Assert.Equal(tau != "null", step.ClippedHeads > 0);
        }

        Assert.Equal((live, bytes), (NativeBuffer.LiveCount, NativeBuffer.LiveBytes));
    }

    /// <summary>Everything native counts that the process holds for steps, packed copies and the clip's state included.</summary>
    /// <remarks>The smallest model with recomputation needs so little (17 MB) that 4 MB of scratch and 2 of packed copies show. How much of a
    /// thread's packing memory counts depends on what ran on it before; the bounds have room for all of it.</remarks>
    [Theory]
    [InlineData(4, 4, 128, 64, 12, "muon", false, 1.3)]
    [InlineData(4, 4, 128, 64, 12, "muon", true, 1.4)]
    [InlineData(4, 4, 128, 64, 12, "adamw", false, 1.3)]
    [InlineData(6, 6, 384, 256, 8, "muon", false, 1.3, Explicit = true)]
    [InlineData(6, 6, 384, 256, 8, "muon", true, 1.3, Explicit = true)]
    [InlineData(6, 6, 384, 256, 8, "adamw", false, 1.3, Explicit = true)]
    public void A_step_takes_little_more_than_weights_gradients_state_and_the_activations_that_backward_needs(
        int layers, int heads, int width, int context, int batch, string optimizer, bool recompute, double most)
    {
        TrainingConfig config = new TrainingConfigBuilder().StartFrom(new TrainingConfig
        {
            Model = new() { Layers = layers, Heads = heads, Width = width, Context = context },
            Train = new() { Batch = batch, Threads = 2, Recompute = recompute },
            Log = new() { SpectraEvery = null },
        }).Set("optimizer.name", optimizer).Build();

        long before = NativeBuffer.LiveBytes + NativeBuffer.ThreadBytes;
        using Trainer trainer = Trainer.Create(config);
        for (int step = 1; step <= 2; step++)
        {
            trainer.Parts.Step.Run(step);
        }

        long footprint = NativeBuffer.LiveBytes + NativeBuffer.ThreadBytes - before;
        long state = trainer.Parts.Optimizer.StateTensors.Sum(tensor => (long)tensor.Memory.Length);
        MemoryPlan arena = TestRun.Language(trainer).Model.Program(batch, context, training: true).MemoryPlan;
        double needed = sizeof(float) * ((2 * trainer.Parameters.Length) + state + arena.NeededLength);

        Assert.InRange(footprint, needed, most * needed);
        Assert.InRange(footprint, trainer.Description.Memory.Total, 1.15 * trainer.Description.Memory.Total);
        Assert.Equal(arena.BusiestLength, arena.ArenaLength);
    }

    [Fact]
    public async Task A_whole_run_frees_all_native_memory()
    {
        using TemporaryFolder folder = new();
        (int count, long bytes) before = (NativeBuffer.LiveCount, NativeBuffer.LiveBytes);
        using (Trainer trainer = Trainer.Create(TestRun.Config(folder, steps: 5), folder.File("run")))
        {
            await TestRun.Run(trainer);
            Assert.True(NativeBuffer.LiveCount > before.count);
        }

        using (TextGenerator generator = TextGenerator.FromRun(folder.File("run")))
        {
            Assert.NotEmpty(string.Concat(generator.Generate("", new() { Tokens = 5 })));
        }

        using (Evaluator evaluator = Evaluator.FromRun(folder.File("run")))
        {
            evaluator.EvaluateValidation();
        }

        Assert.Equal(before, (NativeBuffer.LiveCount, NativeBuffer.LiveBytes));
    }
}
