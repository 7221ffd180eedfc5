using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class ComparisonTests
{
    private static readonly string[] s_times = ["step_ms", "step_ratio", "optimizer_ms", "optimizer_share", "tokens_per_second", "seconds_to_target", "rounds_ms"];

    [Fact]
    public async Task Every_loss_is_that_of_a_run_of_its_own()
    {
        using TemporaryFolder folder = new();
        (ComparisonResult result, _) = await TinyComparison.Run(TinyComparison.Options(folder), folder.File("compare"));
        Assert.True(result.Complete);
        Assert.All(result.Runs.Take(3), run => Assert.Equal((ComparisonPurpose.Sweep, TinyComparison.Steps), (run.Task.Purpose, run.Task.Steps)));
        foreach (ComparisonRun run in result.Runs)
        {
            using Trainer trainer = Trainer.Create(result.Plan.Entries.Single(entry => entry.Label == run.Task.Optimizer).Config(run.Task.LearningRate, run.Task.Steps));
            List<TrainingEvent> events = await TestRun.Run(trainer);
            Assert.Equal(((EndEvent)events[^1]).Validation!.Decisive.Value, run.FinalLoss);
            Assert.Equal(events.OfType<EvaluationEvent>().Select(happened => new CurvePoint(happened.Step, happened.Result.Decisive.Value)), run.Evaluations);
            Assert.Equal(events.OfType<StepEvent>().Select(happened => happened.SmoothedLoss), run.Training.Select(point => point.Loss), (one, other) => Math.Abs(one - other) < 1e-12);
        }
    }

    [Fact]
    public async Task Best_rate_target_and_least_budget_are_what_the_runs_say()
    {
        using TemporaryFolder folder = new();
        (ComparisonResult result, _) = await TinyComparison.Run(TinyComparison.Options(folder), folder.File("compare"));
        Assert.Equal(result.Runs.Take(2).Min(run => run.FinalLoss), result.TargetLoss);
        Assert.Same(result.Rows[0].Best, result.Rows[0].LeastBudget);

        // Ascending, and none longer than needed.
        ComparisonTrial[] shorter = [.. result.Trials.Where(run => run.Task.Purpose == ComparisonPurpose.Budget)];
        Assert.Equal([("muon", 50, 10), ("muon", 80, 16)], shorter.Select(run => (run.Task.Optimizer, run.Task.Percent, run.Task.Steps)));
        Assert.True(shorter[0].Loss.Mean > result.TargetLoss && shorter[1].Loss.Mean <= result.TargetLoss, "the tiny comparison no longer has a budget to look for");
        Assert.Same(shorter[1], result.Rows[1].LeastBudget);
    }

    [Fact]
    public async Task A_budget_is_tried_at_the_next_greater_rate_where_the_best_one_misses()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder) with
        {
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["adamw"] = [1e-3, 2e-3], ["muon"] = [0.005, 0.02, 0.08, 0.32] },
        };
        (ComparisonResult result, _) = await TinyComparison.Run(options, folder.File("compare"));
        double best = result.Rows[1].Best!.Task.LearningRate;
        Assert.InRange(best, 0.005, 0.08);
        ComparisonTrial[] shorter = [.. result.Trials.Where(run => run.Task.Purpose == ComparisonPurpose.Budget)];
        (int, double)[] order = [(50, best), (50, 4 * best), (80, best), (80, 4 * best)];
        Assert.Equal(order.Take(shorter.Length), shorter.Select(run => (run.Task.Percent, run.Task.LearningRate)));
        Assert.True(shorter.Length > 1, "the tiny comparison no longer has a budget that the best rate misses");
        Assert.All(shorter.SkipLast(1), run => Assert.True(run.Loss.Mean > result.TargetLoss));
        Assert.Same(shorter[^1].Loss.Mean <= result.TargetLoss ? shorter[^1] : result.Rows[1].Best, result.Rows[1].LeastBudget);
    }

    [Fact]
    public async Task The_second_optimizer_gets_there_early_when_the_first_hardly_learns()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder) with
        {
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["adamw"] = [1e-5], ["muon"] = [0.02] },
        };
        (ComparisonResult result, _) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.Equal(50, result.Rows[1].LeastBudget!.Task.Percent);
        Assert.Equal(4, result.Rows[1].CrossingStep);
        Assert.Equal(3, result.Runs.Count);
        Assert.Equal(10 * result.Rows[1].Timing!.StepMilliseconds / 1000, result.Rows[1].SecondsToTarget!.Value, 12);
    }

    [Fact]
    public async Task An_optimizer_that_never_gets_there_has_no_budget_and_no_crossing()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder) with
        {
            Optimizers = OptimizerChoice.ParseList("muon,adamw"),
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["adamw"] = [1e-6], ["muon"] = [0.02] },
        };
        (ComparisonResult result, _) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.Null(result.Rows[1].LeastBudget);
        Assert.Null(result.Rows[1].CrossingStep);
        Assert.Null(result.Rows[1].SecondsToTarget);
        Assert.Equal(2, result.Runs.Count);
    }

    [Fact]
    public async Task A_rate_that_diverges_is_a_result_and_is_not_tried_again()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder) with
        {
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["adamw"] = [1e30, 4e-3], ["muon"] = [1e30] },
        };
        (ComparisonResult first, _) = await TinyComparison.Run(options, folder.File("compare"));
        (ComparisonResult again, List<ComparisonEvent> events) = await TinyComparison.Run(options, folder.File("compare"));
        foreach (ComparisonResult result in new[] { first, again })
        {
            Assert.True(result.Runs[0].Diverged);
            Assert.Equal(4e-3, result.Rows[0].Best!.Task.LearningRate);
            Assert.Null(result.Rows[1].Best);
            Assert.True(result.Complete);
        }

        Assert.DoesNotContain(events, happened => happened is ComparisonRunStarted);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5, Explicit = true)]
    [InlineData(27, Explicit = true)]
    [InlineData(45, Explicit = true)]
    [InlineData(63, Explicit = true)]
    public async Task A_comparison_that_was_stopped_ends_with_the_same_numbers(int stopAfter)
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        await TinyComparison.Run(options, folder.File("whole"));
        int steps = 0;
        (ComparisonResult stopped, List<ComparisonEvent> before) = await TinyComparison.Run(
            options, folder.File("parts"), happened => happened is ComparisonRunProgress { Happened: StepEvent } && ++steps > stopAfter);
        Assert.False(stopped.Complete);
        Assert.False((bool)Json(folder.File("parts"))["complete"]!);
        (ComparisonResult resumed, List<ComparisonEvent> events) = await TinyComparison.Run(options, folder.File("parts"));
        Assert.True(resumed.Complete);
        Assert.Equal(Numbers(folder.File("whole")), Numbers(folder.File("parts")));

        // What was done is there; what had a step goes on behind it. Of two runs beside each other one may not have had any.
        ILookup<string, TrainingEvent> begun = before.OfType<ComparisonRunProgress>().ToLookup(happened => happened.Job.Folder, happened => happened.Happened);
        IEnumerable<string> done = begun.Where(run => run.Last() is EndEvent { Outcome: TrainingOutcome.Finished }).Select(run => run.Key).Order(StringComparer.Ordinal);
        Assert.Equal(done, events.OfType<ComparisonRunFinished>().Where(happened => happened.WasThere).Select(happened => happened.Job.Folder).Order(StringComparer.Ordinal));
        IEnumerable<string> going = begun.Where(run => run.Any(happened => happened is StepEvent)).Select(run => run.Key).Except(done);
        Assert.NotEmpty(going);
        Assert.All(going, run => Assert.True(events.OfType<ComparisonRunStarted>().Single(happened => happened.Job.Folder == run).Step > 0));
    }

    [Fact]
    public async Task Times_that_were_measured_stay_unless_they_are_to_be_measured_again()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        (ComparisonResult first, _) = await TinyComparison.Run(options, folder.File("compare"));
        (ComparisonResult again, List<ComparisonEvent> events) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.Equal(first.Rows.Select(row => row.Timing!.StepMilliseconds), again.Rows.Select(row => row.Timing!.StepMilliseconds));
        Assert.All(events, happened => Assert.True(happened is ComparisonRunFinished { WasThere: true }));
        (_, events) = await TinyComparison.Run(options with { MeasureAgain = true }, folder.File("compare"));
        Assert.Contains(events, happened => happened is ComparisonMeasuring);
    }

    [Fact]
    public async Task An_optimizer_can_be_added_to_a_folder_and_the_others_are_not_trained_again()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        await TinyComparison.Run(options, folder.File("compare"));
        (ComparisonResult result, List<ComparisonEvent> events) = await TinyComparison.Run(
            options with { Optimizers = OptimizerChoice.ParseList("adamw,muon,soap:learningRate=0.01") }, folder.File("compare"));
        Assert.All(events.OfType<ComparisonRunStarted>(), happened => Assert.Equal("soap:learningRate=0.01", happened.Job.Task.Optimizer));
        Assert.All(result.Rows, row => Assert.NotNull(row.Timing));
    }

    [Theory]
    [InlineData("train.seed", "8", "train.seed")]
    [InlineData("train.steps", "21", "steps")]
    [InlineData("model.width", "32", "model.width")]
    public async Task A_folder_of_another_configuration_is_refused(string key, string value, string named)
    {
        using TemporaryFolder folder = new();
        await TinyComparison.Run(TinyComparison.Options(folder), folder.File("compare"));
        ConfigurationException error = await Assert.ThrowsAsync<ConfigurationException>(
            () => TinyComparison.Run(TinyComparison.Options(folder, (key, value)), folder.File("compare")));
        Assert.Contains(named, Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_another_text_is_refused()
    {
        using TemporaryFolder folder = new();
        await TinyComparison.Run(TinyComparison.Options(folder), folder.File("compare"));
        string other = folder.Write("other.txt", TestRun.Text + " ");
        ConfigurationException error = await Assert.ThrowsAsync<ConfigurationException>(
            () => TinyComparison.Run(TinyComparison.Options(folder, ("data.file", other)), folder.File("compare")));
        Assert.Contains("SHA-256", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_does_not_belong_here_is_refused()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        (ComparisonResult result, _) = await TinyComparison.Run(options, folder.File("compare"));
        string config = new RunFolder(Path.Combine(folder.File("compare"), result.Runs[^1].Folder)).ConfigPath;
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"momentum\": 0.95", "\"momentum\": 0.9", StringComparison.Ordinal));
        ConfigurationException error = await Assert.ThrowsAsync<ConfigurationException>(() => TinyComparison.Run(options, folder.File("compare")));
        Assert.Contains("optimizer.momentum", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_has_one_owner_and_is_not_that_of_a_run()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        ComparisonPlan plan = ComparisonPlan.Create(options);
        using (Comparison.Open(plan, folder.File("compare")))
        {
            Assert.Throws<RunLockedException>(() => Comparison.Open(plan, folder.File("compare")));
        }

        (ComparisonResult result, _) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.Throws<ConfigurationException>(() => Comparison.Open(plan, Path.Combine(folder.File("compare"), result.Runs[0].Folder)));
    }

    private static JsonObject Json(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "compare.json")))!.AsObject();

    /// <summary>The file without what may differ: the times, and where they were taken.</summary>
    internal static string Numbers(string folder)
    {
        JsonObject json = Json(folder);
        Assert.True(json.Remove("environment"));
        Assert.All(json["optimizers"]!.AsArray(), row => Assert.All(s_times, time => Assert.True(row!.AsObject().Remove(time))));
        return json.ToJsonString();
    }
}
