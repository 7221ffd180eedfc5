using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Sweeps;

public sealed class SweepTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>One run after the other on all threads, and four at once on one thread each: other threads, other order of ends, the same bits, told in the same order.</summary>
    [Fact]
    public async Task Runs_beside_each_other_end_with_the_bits_of_runs_after_each_other()
    {
        (SweepResult one, List<SweepEvent> first) = await TinySweep.Run(TinySweep.Options(_folder) with { Parallel = 1 }, _folder.File("one"));
        (SweepResult four, List<SweepEvent> second, string beside) = (one, first, "one");

        // Where all cores are taken, the first of four may be over before the fourth has begun: then it is done once more.
        for (int attempt = 0; attempt < 50 && Most(second) < 4; attempt++)
        {
            beside = $"four-{attempt}";
            (four, second) = await TinySweep.Run(TinySweep.Options(_folder) with { Parallel = 4 }, _folder.File(beside));
        }

        Assert.Equal([1, 4], [Most(first), Most(second)]);
        Assert.Equal(8, TinySweep.Weights(_folder.File("one")).Select(pair => pair.Sha256).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(TinySweep.Weights(_folder.File("one")), TinySweep.Weights(_folder.File(beside)));
        Assert.Equal(Losses(one), Losses(four));
        Assert.Equal(Folders(first), Folders(second));
        Assert.Equal(one.Plan.Runs.Select(run => run.Folder), Folders(second));
        Assert.Equal([2, 1], [one.Plan.Runs[0].Threads, four.Plan.Runs[0].Threads]);
        Assert.Equal(File.ReadAllText(Path.Combine(_folder.File("one"), "results.json")), File.ReadAllText(Path.Combine(_folder.File(beside), "results.json")));

        static int Most(List<SweepEvent> events) => events.OfType<SweepRunProgress>().Max(happened => happened.Progress.Going);
    }

    [Fact]
    public async Task Every_loss_is_that_of_a_run_of_its_own()
    {
        (SweepResult result, _) = await TinySweep.Run(TinySweep.Options(_folder), _folder.File("sweep"));
        Assert.True(result.Complete);
        Assert.Equal([1337UL, 1338UL], result.Plan.Seeds);
        foreach (SweptPoint point in result.Points)
        {
            foreach (TrainedRun run in point.Runs)
            {
                TrainingConfigBuilder builder = new TrainingConfigBuilder().UsePreset("nanogpt-cpu");
                foreach ((string key, string value) in result.Plan.Options.Settings.Concat([new("sample.every", "-1"), new("train.seed", $"{run.Seed}"), new("optimizer.learningRate", point.Point.Values[0]), new("model.layers", point.Point.Values[1])]))
                {
                    builder.Set(key, value);
                }

                using Trainer trainer = Trainer.Create(builder.Build());
                Assert.Equal(((EndEvent)(await TestRun.Run(trainer))[^1]).Validation!.Decisive.Value, run.FinalLoss);
            }

            Assert.Equal(point.Runs.Average(run => run.FinalLoss), point.Loss.Mean, 12);
        }
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 33)]
    public async Task A_sweep_that_was_stopped_ends_with_the_same_bits(int parallel, int stopAfter)
    {
        SweepOptions options = TinySweep.Options(_folder) with { Parallel = parallel };
        (SweepResult whole, _) = await TinySweep.Run(options, _folder.File("whole"));
        int steps = 0;
        (SweepResult stopped, _) = await TinySweep.Run(options, _folder.File("parts"), happened => happened is SweepRunProgress { Happened: StepEvent } && ++steps > stopAfter);
        Assert.False(stopped.Complete);
        (SweepResult resumed, List<SweepEvent> events) = await TinySweep.Run(options, _folder.File("parts"));
        Assert.True(resumed.Complete);
        Assert.Equal(Losses(whole), Losses(resumed));
        Assert.Equal(TinySweep.Weights(_folder.File("whole")), TinySweep.Weights(_folder.File("parts")));
        Assert.Contains(events, happened => happened is SweepRunStarted { Step: > 0 });
    }

    [Fact]
    public async Task Values_and_seeds_can_be_added_and_what_is_there_is_not_done_again()
    {
        await TinySweep.Run(TinySweep.Options(_folder) with { Seeds = 1 }, _folder.File("sweep"));
        (SweepResult more, List<SweepEvent> events) = await TinySweep.Run(TinySweep.Options(_folder, "optimizer.learningRate=0.02,0.01,0.04", "model.layers=1,2"), _folder.File("sweep"));
        Assert.Equal(12, more.Points.Sum(point => point.Runs.Count));
        Assert.Equal(4, events.OfType<SweepRunFinished>().Count(run => run.WasThere));
        Assert.Equal(8, events.OfType<SweepRunStarted>().Count());
    }

    [Fact]
    public async Task A_run_that_diverges_is_a_result_and_is_not_tried_again()
    {
        SweepOptions options = TinySweep.Options(_folder, "optimizer.learningRate=1e30,0.01") with { Seeds = 1 };
        (SweepResult first, _) = await TinySweep.Run(options, _folder.File("sweep"));
        (SweepResult again, List<SweepEvent> events) = await TinySweep.Run(options, _folder.File("sweep"));
        foreach (SweepResult result in new[] { first, again })
        {
            Assert.True(result.Complete);
            Assert.Equal([1, 0], result.Points.Select(point => point.Diverged));
            Assert.Equal("0.01", result.Best!.Point.Values[0]);
        }

        Assert.DoesNotContain(events, happened => happened is SweepRunStarted);
    }

    [Theory]
    [InlineData("train.steps", "21", "train.steps must be the folder's own, 20; 21 came")]
    [InlineData("model.heads", "1", "model.heads must be the folder's own, 2; 1 came")]
    public async Task A_folder_of_other_settings_is_refused(string key, string value, string problem)
    {
        SweepOptions options = TinySweep.Options(_folder, "optimizer.learningRate=0.01") with { Seeds = 1 };
        await TinySweep.Run(options, _folder.File("sweep"));
        string before = File.ReadAllText(Path.Combine(_folder.File("sweep"), "results.json"));
        ConfigurationException error = await Assert.ThrowsAsync<ConfigurationException>(() => TinySweep.Run(options with { Settings = [.. options.Settings, new(key, value)] }, _folder.File("sweep")));
        Assert.Contains(problem, Assert.Single(error.Problems), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(_folder.File("sweep"), "results.json")));
    }

    [Fact]
    public async Task A_folder_of_other_keys_or_text_or_of_a_run_is_refused()
    {
        SweepOptions options = TinySweep.Options(_folder, "optimizer.learningRate=0.01") with { Seeds = 1 };
        await TinySweep.Run(options, _folder.File("sweep"));
        SweepOptions keys = options with { Axes = [SweepAxis.Parse("optimizer.momentum=0.9")] };
        Assert.Contains("the keys must be", (await Assert.ThrowsAsync<ConfigurationException>(() => TinySweep.Run(keys, _folder.File("sweep")))).Message, StringComparison.Ordinal);
        string run = Directory.GetDirectories(_folder.File("sweep"))[0];
        Assert.Contains("this one holds a run", (await Assert.ThrowsAsync<ConfigurationException>(() => TinySweep.Run(options, run))).Message, StringComparison.Ordinal);
        File.AppendAllText(_folder.File("text.txt"), "more");
        Assert.Contains("SHA-256", (await Assert.ThrowsAsync<ConfigurationException>(() => TinySweep.Run(options, _folder.File("sweep")))).Message, StringComparison.Ordinal);
    }

    /// <summary>Two epochs of 240 images, so the batch decides how many steps a run has.</summary>
    [Fact]
    public async Task Runs_of_images_have_their_accuracy_and_the_steps_of_their_epochs()
    {
        string images = _folder.File("images");
        Directory.CreateDirectory(images);
        TinyImages.Write(images, size: 24);
        SweepOptions options = new()
        {
            Axes = [SweepAxis.Parse("train.batch=40,80")],
            Preset = "fashion-mnist",
            Settings = [new("data.file", images), new("image.classes", "null"), new("image.epochs", "2"), new("image.widths", "4,8,8"), new("train.threads", "2")],
        };
        (SweepResult result, _) = await TinySweep.Run(options, _folder.File("sweep"));
        Assert.Equal([12, 6], result.Points.Select(point => point.Point.Config.Train.Steps));
        Assert.Equal([12L, 6L], result.Points.Select(point => point.Runs[0].Evaluations[^1].Step));
        Assert.All(result.Points, point => Assert.Equal(point.Runs[0].Accuracy, point.Accuracy!.Value.Mean));
        Assert.All(result.Plan.Runs, run => Assert.Equal(2, run.Threads));
        (_, List<SweepEvent> again) = await TinySweep.Run(options, _folder.File("sweep"));
        Assert.All(again, happened => Assert.True(happened is SweepRunFinished { WasThere: true }));
    }

    private static IEnumerable<double> Losses(SweepResult result) => result.Points.SelectMany(point => point.Runs.Select(run => run.FinalLoss));

    private static IEnumerable<string> Folders(List<SweepEvent> events) => events.OfType<SweepRunFinished>().Select(happened => happened.Run.Folder);
}
