using System.Text.Json.Nodes;
using MuonSharp.Experiments.Tests.Sweeps;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

/// <summary>Comparisons of two seeds, 1337 and 1338.</summary>
public sealed class SeededComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Run folders as earlier calls leave them, with losses made up so that every rule of the first seed alone would say something else than the means say.</summary>
    [Fact]
    public async Task Rates_extension_budget_and_crossing_follow_the_means_and_a_seed_that_diverges_counts_as_infinitely_bad()
    {
        ComparisonOptions options = TinyComparison.Options(_folder) with { Seeds = 2, Optimizers = OptimizerChoice.ParseList("adamw,sgd"), LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) };
        ComparisonPlan plan = ComparisonPlan.Create(options);

        // Seed 1337 alone would find 0.008 best for adamw, 0.05 for sgd, and a half of the steps enough.
        Made("adamw", "0.004", 20, 2, 3);
        Made("adamw", "0.002", 20, 2.75, 2.75);
        Made("adamw", "0.008", 20, 1, null);
        Made("sgd", "0.1", 20, 1.75, 2.25);
        Made("sgd", "0.05", 20, 1.5, 2.75);
        Made("sgd", "0.2", 20, 2.5, 1.25);
        Made("sgd", "0.4", 20, 1.25, 2.75);
        Made("sgd", "0.2", 10, 2.25, 3.25);
        Made("sgd", "0.4", 10, 2, null);
        Made("sgd", "0.2", 16, 2.75, 2.25);
        (ComparisonResult result, List<ComparisonEvent> events) = await TinyComparison.Run(options, _folder.File("compare"));
        Assert.DoesNotContain(events, happened => happened is ComparisonRunStarted);
        Assert.Equal(20, result.Runs.Count);

        Assert.Equal((0.004, 2.5, false), (result.Rows[0].Best!.Task.LearningRate, result.TargetLoss, result.Rows[0].BestAtEdge));
        Assert.Equal((0.2, 1.875, false), (result.Rows[1].Best!.Task.LearningRate, result.Rows[1].FinalLoss, result.Rows[1].BestAtEdge));
        Assert.Equal((80, 0.2, 2.5), (result.Rows[1].LeastBudget!.Task.Percent, result.Rows[1].LeastBudget!.Task.LearningRate, result.Rows[1].LeastBudget!.Loss.Mean));
        Assert.Equal([0.1, 0.05, 0.2, 0.4, 0.2, 0.4, 0.2], result.Trials.Skip(3).Select(trial => trial.Task.LearningRate));
        Assert.Equal([20, 20, 20, 20, 10, 10, 16], result.Trials.Skip(3).Select(trial => trial.Task.Steps));

        // Two values have a standard error of half their distance. At step 10 the evaluations are one above the end: means 2.875 and 1.875.
        Assert.Equal([0.5, 0.625], result.Rows.Select(row => row.Best!.Loss.StandardError));
        Assert.Equal(13.75, result.Rows[1].CrossingStep!.Value, 12);

        JsonObject json = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.File("compare"), "compare.json")))!.AsObject();
        Assert.Equal("[1337,1338]", json["seeds"]!.ToJsonString());
        Assert.Equal((2.5, 0.5), ((double)json["target"]!["loss"]!, (double)json["target"]!["standard_error"]!));
        JsonNode row = json["optimizers"]![1]!;
        Assert.Equal((1.875, 0.625), ((double)row["final_loss"]!, (double)row["standard_error"]!));
        Assert.Equal((80, 2.5, 0.25), ((int)row["least_budget_percent"]!, (double)row["least_budget_loss"]!, (double)row["least_budget_standard_error"]!));
        Assert.Equal([1337UL, 1338UL, 1337UL], json["runs"]!.AsArray().Take(3).Select(run => (ulong)run!["seed"]!));
        Assert.False(json["configuration"]!["train"]!.AsObject().ContainsKey("seed"));

        void Made(string optimizer, string rate, int steps, params double?[] losses)
        {
            ComparisonEntry entry = plan.Entries.Single(entry => entry.Label == optimizer);
            foreach ((double? loss, int i) in losses.Select((loss, i) => (loss, i)))
            {
                string run = Path.Combine(_folder.File("compare"), $"{optimizer}-lr{rate}-steps{steps}{(i == 0 ? "" : "-seed1338")}");
                Directory.CreateDirectory(run);
                JsonObject config = entry.Config(double.Parse(rate, System.Globalization.CultureInfo.InvariantCulture), steps).ToJson();
                config["train"]!["seed"] = 1337 + i;
                File.WriteAllText(Path.Combine(run, "config.json"), config.ToJsonString());
                File.WriteAllText(
                    Path.Combine(run, "metrics.jsonl"),
                    loss is null ? """{"kind": "end", "step": 7, "reason": "diverged"}""" + "\n" : FormattableString.Invariant(
                        $$"""
                        {"kind": "eval", "step": {{steps / 2}}, "val_loss": {{loss + 1}}, "bits_per_byte": 1}
                        {"kind": "eval", "step": {{steps}}, "val_loss": {{loss}}, "bits_per_byte": 1}
                        {"kind": "end", "step": {{steps}}, "reason": "finished"}

                        """));
            }
        }
    }

    /// <summary>One run after the other on all threads, and four at once on one thread each: other threads, other order of ends, the same bits, told in the same order.</summary>
    [Fact]
    public async Task Runs_beside_each_other_end_with_the_bits_of_runs_after_each_other()
    {
        ComparisonOptions options = TinyComparison.Options(_folder) with { Seeds = 2 };
        (ComparisonResult one, List<ComparisonEvent> first) = await TinyComparison.Run(options with { Parallel = 1 }, _folder.File("one"));
        (ComparisonResult four, List<ComparisonEvent> second, string beside) = (one, first, "one");

        // Two rates with two seeds: four at once; of a budget and of one rate the seeds alone, on a thread each. Where all cores are taken, the first may be over before
        // the last has begun: then it is done once more.
        for (int attempt = 0; attempt < 50 && Most(second) != (4, 2); attempt++)
        {
            beside = $"four-{attempt}";
            (four, second) = await TinyComparison.Run(options with { Parallel = 4 }, _folder.File(beside));
        }

        Assert.Equal([(1, 1), (4, 2)], [Most(first), Most(second)]);
        Assert.Equal(ComparisonTests.Numbers(_folder.File("one")), ComparisonTests.Numbers(_folder.File(beside)));
        Assert.Equal(Weights("one", one), Weights(beside, four));
        Assert.Equal(one.Runs.Count, Weights("one", one).Distinct(StringComparer.Ordinal).Count());
        ComparisonJob[] jobs = [.. second.OfType<ComparisonRunFinished>().Select(happened => happened.Job)];
        Assert.Equal(Enumerable.Range(1, one.Runs.Count), jobs.Select(job => job.Number));
        Assert.Equal(first.OfType<ComparisonRunFinished>().Select(happened => (happened.Job.Folder, happened.Job.Most)), jobs.Select(job => (job.Folder, job.Most)));
        Assert.All(first.OfType<ComparisonRunStarted>(), happened => Assert.Equal(2, happened.Job.Threads));
        Assert.All(jobs, job => Assert.Equal(1, job.Threads));

        static (int All, int Muon) Most(List<ComparisonEvent> events)
        {
            ComparisonRunProgress[] progress = [.. events.OfType<ComparisonRunProgress>()];
            return (progress.Max(happened => happened.Going), progress.Where(happened => happened.Job.Task.Optimizer == "muon").Max(happened => happened.Going));
        }
    }

    [Fact]
    public async Task Every_loss_is_that_of_a_run_of_its_own_under_its_seed()
    {
        (ComparisonResult result, _) = await TinyComparison.Run(TinyComparison.Options(_folder) with { Seeds = 2 }, _folder.File("compare"));
        Assert.True(result.Complete);
        Assert.Equal([1337UL, 1338UL], result.Plan.Seeds);
        foreach (ComparisonRun run in result.Runs.Where(run => run.Seed == 1338))
        {
            TrainingConfig config = result.Plan.Entries.Single(entry => entry.Label == run.Task.Optimizer).Config(run.Task.LearningRate, run.Task.Steps);
            using Trainer trainer = Trainer.Create(config with { Train = config.Train with { Seed = 1338 } });
            Assert.Equal(((EndEvent)(await TestRun.Run(trainer))[^1]).Validation!.Decisive.Value, run.FinalLoss);
        }

        Assert.All(result.Trials, trial => Assert.Equal(trial.Runs.Average(run => run.FinalLoss), trial.Loss.Mean, 12));
    }

    [Fact]
    public async Task Seeds_are_added_to_a_folder_of_one_whose_names_and_numbers_stay()
    {
        ComparisonOptions options = TinyComparison.Options(_folder);
        (ComparisonResult one, List<ComparisonEvent> before) = await TinyComparison.Run(options, _folder.File("compare"));
        Assert.Equal(["adamw-lr0.001-steps20", "adamw-lr0.002-steps20", "muon-lr0.02-steps20"], one.Runs.Take(3).Select(run => run.Folder));
        Assert.DoesNotContain(before, happened => happened is ComparisonRunFinished { WasThere: true });
        (ComparisonResult two, List<ComparisonEvent> events) = await TinyComparison.Run(options with { Seeds = 2 }, _folder.File("compare"));
        Assert.Equal(one.Plan.Identity, two.Plan.Identity);
        Assert.Equal(["adamw-lr0.001-steps20", "adamw-lr0.001-steps20-seed1338", "adamw-lr0.002-steps20"], two.Runs.Take(3).Select(run => run.Folder));
        Assert.All(events.OfType<ComparisonRunStarted>().Where(run => one.Runs.Select(each => each.Task).Contains(run.Job.Task)), run => Assert.Equal(1338UL, run.Job.Seed));

        // And with one seed again the numbers are those of before, times included.
        (ComparisonResult again, events) = await TinyComparison.Run(options, _folder.File("compare"));
        Assert.All(events, happened => Assert.True(happened is ComparisonRunFinished { WasThere: true }));
        Assert.Equal(one.Runs.Select(run => run.FinalLoss), again.Runs.Select(run => run.FinalLoss));
        Assert.Equal(one.Rows.Select(row => row.Timing!.StepMilliseconds), again.Rows.Select(row => row.Timing!.StepMilliseconds));
    }

    [Theory]
    [InlineData(1, 30)]
    [InlineData(2, 3)]
    [InlineData(2, 50, Explicit = true)]
    [InlineData(4, 100, Explicit = true)]
    public async Task A_comparison_of_several_seeds_that_was_stopped_ends_with_the_same_numbers(int parallel, int stopAfter)
    {
        ComparisonOptions options = TinyComparison.Options(_folder) with { Seeds = 2, Parallel = parallel };
        await TinyComparison.Run(options, _folder.File("whole"));
        int steps = 0;
        (ComparisonResult stopped, _) = await TinyComparison.Run(options, _folder.File("parts"), happened => happened is ComparisonRunProgress { Happened: StepEvent } && ++steps > stopAfter);
        Assert.False(stopped.Complete);
        (ComparisonResult resumed, List<ComparisonEvent> events) = await TinyComparison.Run(options, _folder.File("parts"));
        Assert.True(resumed.Complete);
        Assert.Contains(events, happened => happened is ComparisonRunStarted { Step: > 0 });
        Assert.True(events.OfType<ComparisonRunFinished>().Count(happened => happened.WasThere) >= stopped.Runs.Count);
        Assert.Equal(ComparisonTests.Numbers(_folder.File("whole")), ComparisonTests.Numbers(_folder.File("parts")));
    }

    [Fact]
    public void Numbers_of_seeds_and_of_runs_at_once_are_checked() => Assert.Equal(
        ["[compare] seeds are 1 or more; 0 came", "[compare] runs at once are 1 or more; 0 came"],
        Assert.Throws<ConfigurationException>(() => ComparisonPlan.Create(TinyComparison.Options(_folder) with { Seeds = 0, Parallel = 0 })).Problems);

    private IEnumerable<string> Weights(string name, ComparisonResult result) =>
        result.Runs.Select(run => TinySweep.Weights(Path.Combine(_folder.File(name), run.Folder), run.Task.Steps));
}
