using MuonSharp.Experiments;

namespace MuonSharp.Reports.Tests;

/// <summary>A comparison with made-up runs of two seeds: each loss is that of the first seed and of the second; their standard error is half their distance.</summary>
public class SeededComparisonReportTests
{
    private static readonly ComparisonResult s_result = Made();

    [Fact]
    public void A_row_has_means_with_standard_errors()
    {
        IReadOnlyList<string>[] table = [.. ComparisonTable.Losses(s_result)];
        Assert.Equal(["adamw", "0.004", "1.5000 ± 0.0200", "100 %, 1,000 steps", "100.0 %, step 1,000"], table[1]);
        Assert.Equal(["muon", "0.01", "1.2500 ± 0.0100", "60 %, 600 steps at 0.02", "50.0 %, step 500"], table[2]);
        Assert.Equal(["sgd", "-", "diverged", "not reached", "-"], table[3]);
    }

    [Fact]
    public void Every_rate_and_length_has_a_row_of_means_and_every_run_one_with_its_seed()
    {
        Assert.Equal(
            [
                ["optimizer", "looked for", "learning rate", "steps", "final loss", ""],
                ["adamw", "learning rate", "0.004", "1,000 (100 %)", "1.5000 ± 0.0200", "best"],
                ["adamw", "learning rate", "0.002", "1,000 (100 %)", "1.5200 ± 0.0200", "like the best"],
                ["muon", "learning rate", "0.01", "1,000 (100 %)", "1.2500 ± 0.0100", "best"],
                ["muon", "learning rate", "0.02", "1,000 (100 %)", "1.3000 ± 0.0100", ""],
                ["muon", "budget", "0.01", "600 (60 %)", "1.5100 ± 0.0100", ""],
                ["muon", "budget", "0.02", "600 (60 %)", "1.4900 ± 0.0100", "reaches the target"],
                ["sgd", "learning rate", "0.1", "1,000 (100 %)", "1 of 2 diverged", ""],
            ],
            TrialTable.Of(s_result));
        IReadOnlyList<string>[] runs = [.. RunTable.Of(s_result)];
        Assert.Equal(["optimizer", "learning rate", "steps", "seed", "final loss", "run folder"], runs[0]);
        Assert.Equal(["adamw", "0.004", "1,000", "7", "1.4800", "adamw-0.004-1000-7"], runs[1]);
        Assert.Equal(["sgd", "0.1", "1,000", "8", "diverged", "sgd-0.1-1000-8"], runs[14]);
        Assert.Equal(15, runs.Length);
    }

    [Fact]
    public void Sentences_say_the_means_and_whether_the_seeds_tell_them_apart()
    {
        Assert.Equal(
            [
                "muon needs 60 % of adamw's steps for its loss (1.4900 ± 0.0100 against 1.5000 ± 0.0200, which 2 seeds do not tell apart).",
                "sgd diverged at every rate that was tried, under one seed or more.",
            ],
            ComparisonVerdict.Sentences(s_result).Take(2));
        ComparisonRow far = new("muon") { Best = Trial("muon", ComparisonPurpose.Sweep, 0.01, 100, 1.6, 0.01) };
        Assert.Equal(
            "muon does not reach adamw's loss in as many steps: 1.6000 ± 0.0100 against 1.5000 ± 0.0200.",
            ComparisonVerdict.Sentences(s_result with { Rows = [s_result.Rows[0], far] }).First());
    }

    [Fact]
    public void Charts_have_the_means_with_bars()
    {
        Chart[] charts = [.. ComparisonCharts.Of(s_result)];
        Series adamw = charts[0].Series[0], rates = charts[^1].Series[1], budgets = charts[0].Series[4];
        AssertClose([2.5, 1.5], adamw.Y);
        AssertClose([0.02, 0.02], adamw.Errors!);
        AssertClose([1.25, 1.3], rates.Y);
        AssertClose([0.01, 0.01], rates.Errors!);
        AssertClose([1.51, 1.49], budgets.Y);
        AssertClose([0.01, 0.01], budgets.Errors!);
        Assert.Equal("muon, a run of 600 steps (60 %): 1.4900 ± 0.0100", budgets.Hint!(1));
        Assert.All(ComparisonCharts.Of(Sample.Result).SelectMany(chart => chart.Series), series => Assert.Null(series.Errors));
    }

    [Fact]
    public void The_page_names_the_seeds_and_has_both_tables()
    {
        string page = ComparisonPage.Text(s_result);
        Assert.Contains("Every run is done with 2 seeds, 7, 8: losses are their means ± standard errors.", page, StringComparison.Ordinal);
        Assert.Contains("final loss, 1.5000 ± 0.0200 nats per token.", page, StringComparison.Ordinal);
        Assert.Contains("<h2>Learning rates and lengths</h2>", page, StringComparison.Ordinal);
        Assert.Contains("Diverged: sgd at 0.1 (1 of 2 seeds).", page, StringComparison.Ordinal);
        Assert.All(RunTable.Of(s_result).Skip(1), run => Assert.Contains($"<td>{run[^1]}</td>", page, StringComparison.Ordinal));
        Assert.DoesNotContain("train.seed=", page, StringComparison.Ordinal);
        string single = ComparisonPage.Text(Sample.Result);
        Assert.All(["±", "seeds", "<h2>Learning rates and lengths</h2>"], text => Assert.DoesNotContain(text, single[single.IndexOf("<h1", StringComparison.Ordinal)..], StringComparison.Ordinal));
    }

    private static void AssertClose(double[] expected, IReadOnlyList<double> came) => Assert.Equal(expected, came, (one, other) => Math.Abs(one - other) < 1e-12);

    private static ComparisonResult Made()
    {
        var plan = ComparisonPlan.Create(new ComparisonOptions
        {
            Optimizers = OptimizerChoice.ParseList("adamw,muon,sgd"),
            Settings = [new("train.steps", "1000"), new("train.seed", "7")],
            Seeds = 2,
        });
        ComparisonTrial first = Trial("adamw", ComparisonPurpose.Sweep, 0.004, 100, 1.5, 0.02), like = Trial("adamw", ComparisonPurpose.Sweep, 0.002, 100, 1.52, 0.02);
        ComparisonTrial full = Trial("muon", ComparisonPurpose.Sweep, 0.01, 100, 1.25, 0.01), other = Trial("muon", ComparisonPurpose.Sweep, 0.02, 100, 1.3, 0.01);
        ComparisonTrial missed = Trial("muon", ComparisonPurpose.Budget, 0.01, 60, 1.51, 0.01), least = Trial("muon", ComparisonPurpose.Budget, 0.02, 60, 1.49, 0.01);
        ComparisonTrial diverged = Trial("sgd", ComparisonPurpose.Sweep, 0.1, 100, 2, 0.01);
        diverged = diverged with { Runs = [diverged.Runs[0], diverged.Runs[1] with { FinalLoss = double.PositiveInfinity, Evaluations = [] }] };
        return new(
            plan,
            [
                new("adamw") { Best = first, LeastBudget = first, CrossingStep = 1000 },
                new("muon") { Best = full, LeastBudget = least, CrossingStep = 500 },
                new("sgd"),
            ],
            [first, like, full, other, missed, least, diverged],
            Complete: true);
    }

    private static ComparisonTrial Trial(string label, ComparisonPurpose purpose, double rate, int percent, double loss, double apart) => new(
        new(label, purpose, rate, 10 * percent, percent),
        [.. new (ulong Seed, double Loss)[] { (7, loss - apart), (8, loss + apart) }.Select(run => new TrainedRun(
            FormattableString.Invariant($"{label}-{rate}-{10 * percent}-{run.Seed}"), run.Loss, [new(5 * percent, run.Loss + 1), new(10 * percent, run.Loss)], []) { Seed = run.Seed })]);
}
