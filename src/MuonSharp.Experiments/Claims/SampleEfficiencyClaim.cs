namespace MuonSharp.Experiments;

/// <summary>Muon needs a fraction of AdamW's steps for the same loss.</summary>
internal sealed class SampleEfficiencyClaim : Claim
{
    private const string AdamW = "adamw";
    private const double GreatestShare = 0.4;

    private static readonly int[] s_percents = [20, 30, 40, 60, 80];
    private static readonly string[] s_others = ["muon", "normuon"];

    public override string Name => "sample-efficiency";

    public override string Title => "Muon needs a fraction of AdamW's steps";

    public override string Statement => "Muon reaches AdamW's loss with more than 30 % fewer steps, and with about half of the arithmetic; NorMuon with fewer still.";

    public override string Source => "K. Jordan, kellerjordan.github.io/posts/muon; Liu et al., arXiv 2502.16982 (52 % of AdamW's FLOPs); Li et al., arXiv 2510.05491";

    public override string Goal => "at most 40 % of the steps, at both sizes, for Muon and for NorMuon";

    public override string Method =>
        "nanogpt-cpu with widths 64 and 128, 1,000 steps, the tool's own text. Both rates of every optimizer are swept with seed 1, by factors of two up to a best one inside: first that of the hidden matrices, of AdamW that of "
        + "everything, then at the best one that of the rest, which AdamW steps in all of them. Then three seeds each. Runs of 20 to 80 % of the steps have schedules of their own length, at the best rate of the matrices or the next "
        + "greater one, whichever is better for seed 1. The share is where their losses come down to that of AdamW's full run of the same seed, on straight lines between lengths.";

    internal override async Task<ClaimResult> RunAsync(ClaimWork work)
    {
        List<string[]> rows = [];
        List<ClaimLine> lines = [];
        List<double> shares = [];
        foreach (int width in work.Quick ? [8] : new[] { 64, 128 })
        {
            string size = $"width {width}";
            ClaimRuns runs = work.Runs($"width-{width}", "nanogpt-cpu", ("model.width", $"{width}"), ("train.steps", "1000"));
            ClaimTuning tuned = await runs.TuneAsync(AdamW, 0.008, 1);
            ComparisonRun[] targets = await runs.TrainAsync(tuned.Optimizer, tuned.Rates.Best, work.Seeds);
            SeededMean target = SeededMean.Of([.. targets.Select(run => run.FinalLoss)]);
            rows.Add([size, AdamW, tuned.Rates.Text, tuned.Rests.Text, Figure.Loss(target), "100 %"]);
            lines.Add(new($"{AdamW}, {size}", [(s_percents[0], target.Mean), (100, target.Mean)]));
            foreach (string name in s_others)
            {
                tuned = await runs.TuneAsync(name, 0.01, 1);
                ComparisonRun[] full = await runs.TrainAsync(tuned.Optimizer, tuned.Rates.Best, work.Seeds);
                List<(int Percent, ComparisonRun[] Runs)> shorter = await ShorterAsync(work, runs, tuned, targets);
                shorter.Add((100, full));
                double[] of = [.. targets.Select((run, seed) => ClaimStatistics.ShareOfSteps([.. shorter.Select(each => (each.Percent, each.Runs[seed].FinalLoss))], run.FinalLoss) ?? double.PositiveInfinity)];
                SeededMean share = SeededMean.Of(of);
                shares.Add(share.Mean);
                rows.Add([size, name, tuned.Rates.Text, tuned.Rests.Text, Figure.Loss(SeededMean.Of([.. full.Select(run => run.FinalLoss)])), double.IsFinite(share.Mean) ? Figure.Percent(share) : "not reached"]);
                lines.Add(new($"{name}, {size}", [.. shorter.Select(each => ((double)each.Percent, each.Runs.Average(run => run.FinalLoss)))]));
            }
        }

        double worst = shares.Max();
        return new(
            ["size", "optimizer", "rate", "rate of the rest", "final loss, nats a token", "share of AdamW's steps"],
            rows,
            worst <= GreatestShare ? ClaimVerdict.Met : ClaimVerdict.Missed,
            [double.IsFinite(worst) ? $"The greatest share is {Figure.Percent(worst)}, the least {Figure.Percent(shares.Min())}; ± is the deviation over {work.Seeds.Length} seeds." : "Not every run reaches AdamW's loss."],
            new("Final loss of runs of their own length", "% of the steps", "nats a token", lines));
    }

    /// <summary>Runs of ascending length, up to the first at which every seed has come down to AdamW's loss.</summary>
    private static async Task<List<(int Percent, ComparisonRun[] Runs)>> ShorterAsync(ClaimWork work, ClaimRuns runs, ClaimTuning tuned, ComparisonRun[] targets)
    {
        List<(int Percent, ComparisonRun[] Runs)> shorter = [];
        foreach (int percent in s_percents)
        {
            List<ComparisonRun> first = [];
            foreach (double rate in tuned.Rates.BestAndNext)
            {
                first.Add(await runs.TrainAsync(tuned.Optimizer, rate, 1, percent));
            }

            shorter.Add((percent, await runs.TrainAsync(tuned.Optimizer, first.MinBy(run => run.FinalLoss)!.Task.LearningRate, work.Seeds, percent)));
            if (shorter[^1].Runs.Zip(targets).All(pair => pair.First.FinalLoss <= pair.Second.FinalLoss))
            {
                break;
            }
        }

        return shorter;
    }
}
