using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What Muon's own arithmetic adds to a step.</summary>
internal sealed class OverheadClaim : Claim
{
    private const double GoalShare = 0.02;

    private static readonly (string Name, string Choice, double Rate)[] s_optimizers =
        [("adamw", "adamw", 1e-3), ("muon, five Newton-Schulz steps", "muon:orthogonalizer=newton-schulz/jordan5", 0.01), ("muon, default", "muon", 0.01)];

    public override string Name => "overhead";

    public override string Title => "Muon costs little beside the model";

    public override string Statement => "Muon's wall-clock overhead is below 3 %: T m / B of the model's arithmetic, with T Newton-Schulz steps, width m and B tokens a step.";

    public override string Source => "K. Jordan, kellerjordan.github.io/posts/muon";

    public override string Goal => "the optimizer, AdamW's share of the parameters included, takes less than 2 % of a step of 16,384 tokens of 6 layers, 6 heads, width 384";

    public override string Method =>
        "Preset nanogpt (6/6/384, 64 sequences of 256 tokens). The optimizers step one model in turns, three rounds; a round is one step each after one that does not count; medians. "
        + "Predicted: the optimizer's FLOPs over the model's, as `plan` counts them. Published: T m / B with T = 5.";

    internal override Task<ClaimResult> RunAsync(ClaimWork work)
    {
        ClaimRuns runs = work.Runs("nanogpt", "nanogpt");
        (string Label, TrainingConfig Config)[] configs = [.. s_optimizers.Select(optimizer => (optimizer.Name, runs.Config(optimizer.Choice, optimizer.Rate)))];
        StepMeasurementOptions rounds = work.Quick ? new() { Rounds = 1, Steps = 1, WarmUp = 0 } : new() { Rounds = 3, Steps = 1, WarmUp = 0 };
        using StepMeasurement measurement = new(configs, rounds, work.Options.Surroundings);
        work.Tell(new ClaimNote($"timing steps of {runs.UnitsPerStep} tokens side by side, {rounds.Rounds} rounds"));
        IReadOnlyList<StepTiming> timings = measurement.Run(round => work.Tell(new ClaimNote($"round {round} of {rounds.Rounds}")), work.Cancellation);
        TrainingPlan[] plans = [.. configs.Select(pair => TrainingPlan.Of(pair.Config))];
        StepTiming muon = timings[^1];
        return Task.FromResult(new ClaimResult(
            ["optimizer", "published", "predicted", "measured share of the step", "optimizer, ms", "step, ms", "step over AdamW's"],
            [.. timings.Select((timing, i) => (string[])
            [
                timing.Label,
                plans[i].Optimizer.Published is { } published ? Figure.Percent(published) : "-",
                plans[i].Optimizer.Flops > 0 ? Figure.Percent(plans[i].Optimizer.Configured) : "-",
                Figure.Percent(timing.OptimizerShare),
                Figure.Number(timing.OptimizerMilliseconds, "0.0"),
                Figure.Number(timing.StepMilliseconds, "0"),
                Figure.Number(timing.Ratio, "0.000"),
            ])],
            muon.OptimizerShare < GoalShare ? ClaimVerdict.Met : ClaimVerdict.Missed,
            [$"Muon as it is by default takes {Figure.Percent(muon.OptimizerShare)} of the step, AdamW alone {Figure.Percent(timings[0].OptimizerShare)}."],
            new("Optimizer's share by tokens of a step, from the measured times", "tokens of a step", "% of the step", [.. timings.Select(timing => Line(timing, runs.UnitsPerStep))])
            {
                Logarithmic = true,
                LogarithmicHeights = true,
            }));
    }

    /// <summary>What the optimizer takes does not depend on the tokens, what the model takes is in proportion to them.</summary>
    private static ClaimLine Line(StepTiming timing, long tokens) => new(timing.Label,
    [
        .. Enumerable.Range(-4, 10).Select(power => Math.Pow(2, power)).Select(times =>
            (tokens * times, 100 * timing.OptimizerMilliseconds / (timing.OptimizerMilliseconds + (times * (timing.StepMilliseconds - timing.OptimizerMilliseconds))))),
    ]);
}
