using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class ComparisonDamageTests
{
    [Theory]
    [InlineData("middle", "line 2 cannot be read")]
    [InlineData("evaluation", "no evaluation after step 20", Explicit = true)]
    [InlineData("missing", "no evaluation after step 20", Explicit = true)]
    public async Task A_finished_run_with_damaged_metrics_does_not_pass_for_one_that_diverged(string damage, string problem)
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        (ComparisonResult result, _) = await TinyComparison.Run(options, folder.File("compare"));
        RunFolder run = new(Path.Combine(folder.File("compare"), result.Runs[1].Folder));
        string[] lines = File.ReadAllLines(run.MetricsPath);
        switch (damage)
        {
            case "middle":
                lines[1] = lines[1][..5];
                File.WriteAllLines(run.MetricsPath, lines);
                break;
            case "evaluation":
                string last = lines.Last(line => line.Contains("\"eval\"", StringComparison.Ordinal));
                File.WriteAllLines(run.MetricsPath, lines.Where(line => line != last));
                break;
            default:
                File.Delete(run.MetricsPath);
                break;
        }

        // Also a second time: what the first one did must not turn the run into a good or a diverged one.
        for (int i = 0; i < 2; i++)
        {
            InvalidFileException error = await Assert.ThrowsAsync<InvalidFileException>(() => TinyComparison.Run(options, folder.File("compare")));
            Assert.Equal(run.MetricsPath, error.Path);
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
            Assert.Contains($"deleting {run.Path}", error.Message, StringComparison.Ordinal);
        }

        Directory.Delete(run.Path, recursive: true);
        (ComparisonResult again, List<ComparisonEvent> events) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.Equal(result.Runs.Select(each => each.FinalLoss), again.Runs.Select(each => each.FinalLoss));
        Assert.Single(events.OfType<ComparisonRunStarted>());
    }

    [Fact]
    public async Task A_run_whose_last_line_is_torn_is_taken_up_at_its_last_checkpoint()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        (ComparisonResult result, _) = await TinyComparison.Run(options, folder.File("compare"));
        string metrics = new RunFolder(Path.Combine(folder.File("compare"), result.Runs[1].Folder)).MetricsPath;
        string text = File.ReadAllText(metrics);
        File.WriteAllText(metrics, text[..^5]);
        (ComparisonResult again, _) = await TinyComparison.Run(options, folder.File("compare"));
        Assert.Equal(result.Runs.Select(each => each.FinalLoss), again.Runs.Select(each => each.FinalLoss));
        Assert.Equal(text, File.ReadAllText(metrics));
    }
}
