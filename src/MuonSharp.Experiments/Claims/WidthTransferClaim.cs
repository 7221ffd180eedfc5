namespace MuonSharp.Experiments;

/// <summary>Whether the best learning rate of one width is that of another.</summary>
internal sealed class WidthTransferClaim : Claim
{
    private const double GoalRange = 1.5;
    private const int HeadWidth = 32;

    private static readonly (string Name, double Middle)[] s_optimizers = [("muon", 0.01), ("adamw", 0.008)];

    public override string Name => "width-transfer";

    public override string Title => "Muon's learning rate transfers across widths";

    public override string Statement => "The best learning rate of a small model is that of a wide one, without a change of parametrization.";

    public override string Source => "J. Bernstein, L. Newhouse, arXiv 2409.20325; K. Jordan, kellerjordan.github.io/posts/muon";

    public override string Goal => "over widths 64, 128, 256, 512 Muon's best rate stays within a factor of 1.5, and AdamW's moves more";

    public override string Method =>
        "nanogpt-cpu with 2 layers and heads of 32, 250 steps, the tool's own text. For each width rates by factors of two around the best one of the width before, up to a best one inside; the best rate is the vertex of the "
        + "parabola through the least mean loss of two seeds and its neighbours. Muon's rate is that of the hidden matrices, the rest stays at 0.003; AdamW's is that of everything.";

    internal override async Task<ClaimResult> RunAsync(ClaimWork work)
    {
        int[] widths = work.Quick ? [32, 64] : [64, 128, 256, 512], seeds = work.Quick ? [1] : [1, 2];
        List<string[]> rows = [];
        List<ClaimLine> lines = [];
        List<double> ranges = [];
        List<string> edges = [];
        foreach ((string name, double first) in s_optimizers)
        {
            double middle = first;
            List<double> best = [];
            foreach (int width in widths)
            {
                ClaimRuns runs = work.Runs($"width-{width}", "nanogpt-cpu", ("model.width", $"{width}"), ("model.heads", $"{width / HeadWidth}"), ("model.layers", "2"), ("train.steps", "250"));
                ClaimSweep sweep = await runs.SweepAsync(name, middle, seeds);
                middle = sweep.Best;
                best.Add(sweep.Interpolated);
                edges.AddRange(sweep.AtEdge ? [$"The best rate of {name} at width {width} is the outermost of those tried."] : []);
                rows.Add([name, $"{width}", Figure.Rate(sweep.Interpolated), Figure.Loss(sweep.BestLoss), string.Join(", ", sweep.Losses.Select(pair => $"{Figure.Rate(pair.Rate)}: {Figure.Loss(pair.Loss)}"))]);
                lines.Add(new($"{name}, width {width}", sweep.Losses));
            }

            ranges.Add(ClaimStatistics.Range(best));
        }

        (double muon, double adamw) = (ranges[0], ranges[1]);
        return new(
            ["optimizer", "width", "best rate, interpolated", "least loss, nats a token", "losses by rate"],
            rows,
            edges.Count > 0 && !work.Quick ? ClaimVerdict.Open : muon <= GoalRange && adamw > muon ? ClaimVerdict.Met : ClaimVerdict.Missed,
            [$"The best rates of Muon lie within a factor of {Figure.Number(muon)}, those of AdamW within one of {Figure.Number(adamw)}.", .. edges],
            new("Final loss by learning rate", "learning rate", "nats a token", lines) { Logarithmic = true });
    }
}
