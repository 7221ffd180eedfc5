namespace MuonSharp.Training.Tests.Trainers;

public class DeterminismTests
{
    [Fact]
    public async Task Two_runs_give_the_same_bits_and_metrics()
    {
        using TemporaryFolder folder = new();
        (string one, string other) = (await Train(folder, "one", threads: 2), await Train(folder, "other", threads: 2));

        Assert.Equal(one, other);
        Assert.Equal(TestRun.Metrics(folder.File("one")), TestRun.Metrics(folder.File("other")));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Threads_change_no_bit(int threads)
    {
        using TemporaryFolder folder = new();
        (string alone, string shared) = (await Train(folder, "alone", threads: 1), await Train(folder, "shared", threads));

        Assert.Equal(alone, shared);
        Assert.Equal(TestRun.Metrics(folder.File("alone")), TestRun.Metrics(folder.File("shared")));
    }

    [Fact]
    public async Task Recomputing_activations_changes_no_bit_even_when_it_is_switched_on_at_a_resumption()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder).Set("train.accumulation", "2"), recomputing = config.Set("train.recompute", "true");
        using Trainer kept = Trainer.Create(config, folder.File("kept"));
        await TestRun.Run(kept);
        using Trainer again = Trainer.Create(recomputing, folder.File("again"));
        await TestRun.Run(again);
        using (Trainer stopped = Trainer.Create(config, folder.File("switched")))
        {
            await TestRun.RunUntil(stopped, 4);
        }

        using Trainer switched = Trainer.Resume(folder.File("switched"), recomputing);
        await TestRun.Run(switched);

        Assert.True(TestRun.Language(again).Model.RecomputesBlocks);
        Assert.All([again, switched], trainer => Assert.Equal(TestRun.Bits(kept), TestRun.Bits(trainer)));
        Assert.All(["again", "switched"], run => Assert.Equal(TestRun.Metrics(folder.File("kept")), TestRun.Metrics(folder.File(run))));
    }

    [Fact]
    public async Task Another_seed_gives_other_bits()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.OnlySteps(folder, steps: 2);
        using Trainer one = Trainer.Create(config);
        using Trainer other = Trainer.Create(config.Set("train.seed", "8"));
        await TestRun.Run(one);
        await TestRun.Run(other);

        Assert.NotEqual(TestRun.Bits(one), TestRun.Bits(other));
    }

    [Theory]
    [InlineData("muon", new long[] { 0 })]
    [InlineData("muon", new long[] { 1 })]
    [InlineData("muon", new long[] { 3 })]
    [InlineData("muon", new long[] { 4, 5 })]
    [InlineData("adamw", new long[] { 7 })]
    public async Task Stopping_and_resuming_gives_the_same_bits_and_metrics(string optimizer, long[] stops)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder).Set("optimizer.name", optimizer).Set("train.accumulation", "2").Set("log.spectraEvery", "2");
        string expected = await TestRun.BitsOfEveryWorker(() => Trainer.Create(config, folder.File("whole")), folder.File("whole"));
        foreach (long stop in stops)
        {
            using Trainer part = stop == stops[0] ? Trainer.Create(config, folder.File("parts")) : Trainer.Resume(folder.File("parts"));
            EndEvent end = Assert.IsType<EndEvent>((await TestRun.RunUntil(part, stop))[^1]);
            Assert.Equal((TrainingOutcome.Cancelled, stop), (end.Outcome, end.Step));
        }

        using Trainer last = Trainer.Resume(folder.File("parts"));
        Assert.Equal(stops[^1], last.Step);
        List<TrainingEvent> events = await TestRun.Run(last);

        Assert.Equal(TrainingOutcome.Finished, Assert.IsType<EndEvent>(events[^1]).Outcome);
        Assert.Equal(stops[^1] + 1, events.OfType<StepEvent>().First().Step);
        Assert.Equal(expected, TestRun.Bits(last));
        Assert.Equal(TestRun.Metrics(folder.File("whole")), TestRun.Metrics(folder.File("parts")));
        Assert.Equal(
            File.ReadAllText(new RunFolder(folder.File("whole")).SamplesPath), File.ReadAllText(new RunFolder(folder.File("parts")).SamplesPath));
    }

    [Fact]
    public async Task What_was_done_after_the_last_checkpoint_of_a_lost_run_is_done_again_to_the_bit()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = TestRun.Config(folder).Set("log.spectraEvery", "1");
        using Trainer whole = Trainer.Create(config, folder.File("whole"));
        await TestRun.Run(whole);
        string expected = TestRun.Bits(whole);
        using (Trainer lost = Trainer.Create(config, folder.File("parts")))
        {
            await foreach (TrainingEvent happened in lost.RunAsync())
            {
                if (happened is StepEvent { Step: 5 })
                {
                    break;
                }
            }
        }

        using Trainer resumed = Trainer.Resume(folder.File("parts"));
        Assert.Equal(4, resumed.Step); // That of the evaluation, the best so far.
        await TestRun.Run(resumed);

        Assert.Equal(expected, TestRun.Bits(resumed));
        Assert.Equal(TestRun.Metrics(folder.File("whole")), TestRun.Metrics(folder.File("parts")));
    }

    /// <summary>The gradients of the weights sum over 864 tokens: more than a product does at once (768 at most), so sums are carried through memory.</summary>
    private static async Task<string> Train(TemporaryFolder folder, string name, int threads)
    {
        TrainingConfig config = TestRun.Config(folder).Set("train.batch", "9").Set("train.threads", $"{threads}").Set("log.spectraEvery", "5");
        return await TestRun.BitsOfEveryWorker(
            () =>
            {
                Trainer trainer = Trainer.Create(config, folder.File(name));
                Assert.Equal(threads, trainer.Description.Threads);
                return trainer;
            },
            folder.File(name));
    }
}
