using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Trainers;

[Collection(nameof(WholeProcess))]
public class MemoryTests
{
    [Theory]
    [InlineData("learned", "layer-norm", "gelu", "null")]
    [InlineData("learned", "layer-norm", "gelu", "0.05")]
    [InlineData("rotary", "rms-norm", "relu-squared", "0.05")]
    public void A_step_allocates_nothing_and_the_native_footprint_stays_flat_over_200_steps(string positions, string norm, string activation, string tau)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 300)
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

            long native = NativeBuffer.LiveBytes;
            long[] before = AllocatedBytes.Of(trainer.Parts.Team);
            while (number < 210)
            {
                step.Run(++number);
            }

            long own = GC.GetAllocatedBytesForCurrentThread();
            long[] after = AllocatedBytes.Of(trainer.Parts.Team);
            after[0] = own;
            Assert.Equal(before, after);
            Assert.Equal(native, NativeBuffer.LiveBytes);
            Assert.False(step.Report.Skipped);
            Assert.Equal(tau != "null", step.ClippedHeads > 0);
            TestRun.AssertEveryWorkerWorked(trainer);
        }

        Assert.Equal((live, bytes), (NativeBuffer.LiveCount, NativeBuffer.LiveBytes));
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
