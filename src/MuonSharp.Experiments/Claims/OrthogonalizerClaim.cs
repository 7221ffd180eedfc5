namespace MuonSharp.Experiments;

/// <summary>The default orthogonalizer against the original.</summary>
internal sealed class OrthogonalizerClaim : Claim
{
    private const string Original = "muon:orthogonalizer=newton-schulz/jordan5";
    private const double Rate = 0.01;

    public override string Name => "orthogonalizer";

    public override string Title => "An orthogonalizer at a fraction of the work trains as well";

    public override string Statement => "Zolotarev's rational function of one Gram matrix, the default here, trains as well as five Newton-Schulz steps, at a sixth of their arithmetic.";

    public override string Source => "this project; Zolotarev's iteration: Y. Nakatsukasa, R. Freund, SIAM Review 58 (2016)";

    public override string Goal => "the means over three seeds differ by no more than the seeds do: by less than the greater of the two standard deviations";

    public override string Method => "nanogpt-cpu, 1,000 steps at a rate of 0.01, the tool's own text, three seeds each. The arithmetic is what each really does to all hidden matrices in a step, as `plan` counts it; the original's five steps "
        + "compute symmetric products by half, without which they would be a third to a half more.";

    internal override async Task<ClaimResult> RunAsync(ClaimWork work)
    {
        ClaimRuns runs = work.Runs("nanogpt-cpu", "nanogpt-cpu", ("train.steps", "1000"));
        (string Name, string Choice)[] choices = [("newton-schulz/jordan5", Original), ("zolotarev/2", "muon:orthogonalizer=zolotarev/2")];
        List<double[]> losses = [];
        foreach ((_, string choice) in choices)
        {
            losses.Add([.. (await runs.TrainAsync(choice, Rate, work.Seeds)).Select(run => run.FinalLoss)]);
        }

        double[] flops = [.. choices.Select(choice => TrainingPlan.Of(runs.Config(choice.Choice, Rate)).Optimizer.Flops)];
        SeededMean original = SeededMean.Of(losses[0]), cheap = SeededMean.Of(losses[1]);
        double difference = cheap.Mean - original.Mean, spread = Math.Max(original.Deviation, cheap.Deviation);
        return new(
            ["orthogonalizer", .. work.Seeds.Select(seed => $"seed {seed}"), "mean, nats a token", "GFLOP a step", "of the original's"],
            [.. choices.Select((choice, i) => (string[])
                [choice.Name, .. losses[i].Select(Figure.Loss), Figure.Loss(SeededMean.Of(losses[i])), Figure.Number(flops[i] / 1e9, "0.000"), Figure.Percent(flops[i] / flops[0])])],
            Math.Abs(difference) <= spread ? ClaimVerdict.Met : ClaimVerdict.Missed,
            [$"The means differ by {Figure.Loss(Math.Abs(difference))}, the greater deviation over the seeds is {Figure.Loss(spread)}."],
            new("Final loss by seed", "seed", "nats a token", [.. choices.Select((choice, i) => new ClaimLine(choice.Name, [.. work.Seeds.Select((seed, j) => ((double)seed, losses[i][j]))]))]));
    }
}
