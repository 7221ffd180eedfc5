namespace MuonSharp.Experiments;

/// <summary>The NanoGPT speedrun's decoder, Muon against AdamW.</summary>
internal sealed class SpeedrunClaim : Claim
{
    private const double Published = 1.35;

    /// <summary>The preset's own.</summary>
    private const int Seed = 1337;

    private static readonly int[] s_percents = [20, 40, 60];

    public override string Name => "speedrun";

    public override string Title => "The NanoGPT speedrun's form: Muon against AdamW at equal tokens";

    public override string Statement => "Muon made the NanoGPT speedrun 1.35 times faster than AdamW had it.";

    public override string Source => "K. Jordan, kellerjordan.github.io/posts/muon; github.com/KellerJordan/modded-nanogpt";

    public override string Goal => "Muon reaches the loss of AdamW's best run in at most 1 / 1.35 = 74 % of its tokens";

    public override string Method =>
        "Preset speedrun (the modern decoder with GPT-2's tokens, small enough for two cores), 300 steps of 2,048 tokens of the tool's own text, seed 1337. Rates are swept by factors of two up to a best one inside; shorter runs of Muon have schedules of their own length.";

    internal override async Task<ClaimResult> RunAsync(ClaimWork work)
    {
        ClaimRuns runs = work.Runs("speedrun", "speedrun");
        ClaimSweep adamw = await runs.SweepAsync("adamw", 0.000625, [Seed]), muon = await runs.SweepAsync("muon", 0.005, [Seed]);
        List<(int Percent, double Loss)> shorter = [];
        foreach (int percent in s_percents)
        {
            double best = double.PositiveInfinity;
            foreach (double rate in muon.BestAndNext)
            {
                best = Math.Min(best, (await runs.TrainAsync("muon", rate, Seed, percent)).FinalLoss);
            }

            shorter.Add((percent, best));
            if (best <= adamw.BestLoss)
            {
                break;
            }
        }

        shorter.Add((100, muon.BestLoss));
        double? share = ClaimStatistics.ShareOfSteps(shorter, adamw.BestLoss);
        long tokens = runs.Steps * runs.UnitsPerStep;
        return new(
            ["optimizer", "rate", "final loss, nats a token", "tokens to AdamW's loss", "losses by rate"],
            [Row("adamw", adamw, 1), Row("muon", muon, share)],
            share <= 1 / Published ? ClaimVerdict.Met : ClaimVerdict.Missed,
            [share is { } reached
                ? $"Muon ends {Figure.Loss(adamw.BestLoss - muon.BestLoss)} nats lower, and needs {Figure.Percent(reached)} of the tokens, {Figure.Number(1 / reached)} times fewer (published: {Figure.Number(Published)})."
                : "Muon does not reach AdamW's loss.",
                "AdamW has one rate for everything; in Muon's runs tables, head and vectors keep AdamW at the preset's 0.003, so a part of the gap is theirs."],
            new("Final loss of runs of their own length", "% of the steps", "nats a token",
                [new("adamw", [(s_percents[0], adamw.BestLoss), (100, adamw.BestLoss)]), new("muon", [.. shorter.Select(run => ((double)run.Percent, run.Loss))])]));

        string[] Row(string name, ClaimSweep sweep, double? part) =>
        [
            name, sweep.Text, Figure.Loss(sweep.BestLoss), part is { } reached ? Figure.Number(tokens * reached, "#,0") : "not reached",
            string.Join(", ", sweep.Losses.Select(pair => $"{Figure.Rate(pair.Rate)}: {Figure.Loss(pair.Loss)}")),
        ];
    }
}
