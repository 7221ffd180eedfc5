using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class ComparisonBoundTests
{
    [Fact(Explicit = true)]
    public async Task The_number_of_runs_is_a_bound_that_only_shrinks()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder) with { LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) };
        (ComparisonResult result, List<ComparisonEvent> events) = await TinyComparison.Run(options, folder.File("compare"));
        (int Number, int Most)[] counts = [.. events.OfType<ComparisonRunFinished>().Select(run => (run.Job.Number, run.Job.Most))];

        // Two sweeps of six rates at most, and two shorter lengths at two rates.
        Assert.Equal((1, 16), counts[0]);
        Assert.Equal(Enumerable.Range(1, result.Runs.Count), counts.Select(count => count.Number));
        Assert.Equal(counts.Select(count => count.Most).OrderDescending(), counts.Select(count => count.Most));
        Assert.All(counts, count => Assert.True(count.Most >= result.Runs.Count));
        Assert.Equal(events.OfType<ComparisonRunStarted>().Select(run => run.Job.Most), counts.Select(count => count.Most));
    }

    [Fact]
    public async Task Where_nothing_is_left_open_the_number_is_exact_from_the_start()
    {
        using TemporaryFolder folder = new();
        (ComparisonResult result, List<ComparisonEvent> events) = await TinyComparison.Run(TinyComparison.Options(folder), folder.File("compare"));
        Assert.Equal(5, result.Runs.Count);
        Assert.All(events.OfType<ComparisonRunFinished>(), run => Assert.Equal(5, run.Job.Most));
    }
}
