namespace MuonSharp.Training.Tests.Trainers;

public class LoopTests
{
    [Fact]
    public async Task The_order_is_evaluate_sample_save_step_log_each_at_its_interval()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 7)
            .Set("evaluate.every", "2").Set("sample.every", "4").Set("checkpoint.every", "4").Set("log.every", "3");
        using Trainer trainer = Trainer.Create(config, folder.File("run"));

        IEnumerable<string> order = (await TestRun.Run(trainer)).Select(happened => $"{happened.GetType().Name}@{happened.Step}");

        Assert.Equal(
            [
                "EvaluationEvent@2", "CheckpointEvent@2",
                "StepEvent@3",
                "EvaluationEvent@4", "SampleEvent@4", "CheckpointEvent@4",
                "StepEvent@6", "EvaluationEvent@6", "CheckpointEvent@6",
                "EvaluationEvent@7", "SampleEvent@7", "CheckpointEvent@7", "EndEvent@7",
            ],
            order);
    }

    [Fact]
    public async Task Minus_one_switches_a_thing_off_but_the_end_is_always_saved()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 3).Set("checkpoint.every", "-1").Set("log.every", "-1");
        using Trainer trainer = Trainer.Create(config, folder.File("run"));

        List<TrainingEvent> events = await TestRun.Run(trainer);

        Assert.Equal(["CheckpointEvent", "EndEvent"], events.Select(happened => happened.GetType().Name));
        Assert.Equal(2, TestRun.Metrics(folder.File("run")).Count);
    }

    [Fact]
    public async Task A_run_in_memory_writes_nothing()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.Config(folder, steps: 4));

        List<TrainingEvent> events = await TestRun.Run(trainer);

        Assert.Null(trainer.RunFolder);
        Assert.DoesNotContain(events, happened => happened is CheckpointEvent);
        Assert.Equal(["text.txt"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_step_event_says_what_was_done()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 6).Set("train.accumulation", "2");
        using Trainer trainer = Trainer.Create(config);

        StepEvent[] steps = [.. (await TestRun.Run(trainer)).OfType<StepEvent>()];

        Assert.Equal(Enumerable.Range(1, 6).Select(step => (long)step), steps.Select(step => step.Step));
        double smoothed = 0, weight = 0;
        foreach (StepEvent step in steps)
        {
            (smoothed, weight) = ((0.9 * smoothed) + (0.1 * step.Metrics.Loss), (0.9 * weight) + 0.1);
            Assert.Equal(smoothed / weight, step.SmoothedLoss, 1e-12);
            Assert.Equal(step.Step * 2 * 4 * 96, step.Metrics.Units);
            Assert.Equal(6, step.TotalSteps);
            Assert.Equal(["matrices", "auxiliary"], step.Metrics.LearningRates.Select(rate => rate.Group));
            Assert.True(step.Metrics.GradientNorm > 0 && step.Metrics.UpdateRms > 0 && double.IsFinite(step.Metrics.MaximumLogit));
            Assert.True(step.Metrics.StepMilliseconds > step.Metrics.OptimizerMilliseconds && step.Metrics.OptimizerMilliseconds > 0);
        }

        // Three steps of warm-up to 0.01, then the second half of the run decays linearly.
        Assert.Equal(0.01 / 3, steps[0].Metrics.LearningRates[0].Value, 1e-12);
        Assert.Equal(0.01, steps[2].Metrics.LearningRates[0].Value, 1e-12);
        Assert.Equal(0.01 / 3, steps[5].Metrics.LearningRates[0].Value, 1e-12);
        Assert.Equal(0.003, steps[2].Metrics.LearningRates[1].Value, 1e-12);
    }

    [Fact]
    public async Task The_description_counts_what_is_there()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = Trainer.Create(TestRun.Config(folder));
        TrainerDescription description = trainer.Description;

        // Per block: four attention matrices of 64 x 64 and two of 64 x 256.
        Assert.Equal(2 * ((4 * 64 * 64) + (2 * 64 * 256)), description.Shares.Single(share => share.Optimizer == "muon").Weights);
        Assert.Equal(description.Parameters, description.Shares.Sum(share => share.Weights));
        Assert.Equal(("language", "tokens", 4L * 96), (description.Kind, description.Unit, description.UnitsPerStep));
        Assert.Contains("10800 tokens to train on, 1200 held out", Assert.Single(description.Facts).Value, StringComparison.Ordinal);
        Assert.Contains("its update is orthogonalized", description.Plan.Rows.Single(row => row.Parameter.Name.EndsWith("1.mlp.down_proj.weight", StringComparison.Ordinal)).Reason, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await TestRun.RunUntil(trainer, 0);
            await TestRun.Run(trainer);
        });
    }

    [Fact]
    public async Task The_held_out_loss_falls_below_the_entropy_of_single_characters()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder, steps: 120).Set("sample.every", "-1").Set("evaluate.every", "120").Set("model.dropout", "0");
        using Trainer trainer = Trainer.Create(config);
        EndEvent end = Assert.IsType<EndEvent>((await TestRun.Run(trainer))[^1]);

        double entropy = TestRun.Text.GroupBy(character => character)
            .Select(group => group.Count() / (double)TestRun.Text.Length).Sum(share => -share * Math.Log(share));
        Assert.InRange(entropy, 2.8, 3.2);
        Assert.True(end.Validation!["val_loss"] < entropy - 0.3, $"{end.Validation} against {entropy}");
        Assert.Equal(("val_loss", end.Validation["val_loss"]!.Value / Math.Log(2)), (end.Validation.Decisive.Name, end.Validation["bits_per_byte"]!.Value));
    }

    [Fact]
    public async Task Accumulating_equals_one_large_batch_within_rounding()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 3);
        using Trainer whole = Trainer.Create(config.Set("train.batch", "6"));
        using Trainer parts = Trainer.Create(config.Set("train.batch", "2").Set("train.accumulation", "3"));
        StepEvent[] expected = [.. (await TestRun.Run(whole)).OfType<StepEvent>()];
        StepEvent[] actual = [.. (await TestRun.Run(parts)).OfType<StepEvent>()];

        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Metrics.Loss, actual[i].Metrics.Loss, 1e-4);
            Assert.Equal(1, actual[i].Metrics.GradientNorm / expected[i].Metrics.GradientNorm, 1e-3);
            Assert.Equal(expected[i].Metrics.Units, actual[i].Metrics.Units);
        }

        Assert.Equal(expected[0].Metrics.Loss, actual[0].Metrics.Loss, 1e-6);
    }

    [Fact]
    public async Task Two_trainers_in_one_process_do_not_disturb_each_other()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 6);
        using Trainer alone = Trainer.Create(config);
        await TestRun.Run(alone);
        using Trainer one = Trainer.Create(config);
        using Trainer other = Trainer.Create(config.Set("train.seed", "8"));

        await Task.WhenAll(TestRun.Run(one), TestRun.Run(other));

        Assert.Equal(TestRun.Bits(alone), TestRun.Bits(one));
        Assert.NotEqual(TestRun.Bits(one), TestRun.Bits(other));
    }
}
