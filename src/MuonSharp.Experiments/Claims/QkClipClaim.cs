using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What QK-clip does where attention logits explode.</summary>
internal sealed class QkClipClaim : Claim
{
    private const double Tau = 100;
    private const double Above = 1.15;
    private const double Explodes = 2;

    /// <summary>A rate and the steps that take logits as far without the clip: they grow as both weights do, with the square of rate times steps.</summary>
    private static readonly (double Rate, int Steps)[] s_rates = [(0.03, 1_200), (0.1, 400)];

    private static readonly (string Name, string Preset)[] s_attentions = [("multi-head", "nanogpt-cpu"), ("grouped queries", "gqa-small"), ("latent", "mla-small")];

    public override string Name => "qk-clip";

    public override string Title => "QK-clip keeps attention logits at τ at no loss";

    public override string Statement => "QK-clip holds the greatest attention logit at τ where it would explode, and costs no loss.";

    public override string Source => "Kimi Team, arXiv 2507.20534";

    public override string Goal =>
        "with τ = 100 and a rate of 0.03, at which logits pass 200 without the clip, no logit of the last quarter of the steps above 115, and a lower loss than without it, for three kinds of attention";

    public override string Method =>
        "The original Muon at constant rates of 0.03 over 1,200 steps and of 0.1 over 400, after 20 steps of warm-up; nanogpt-cpu, gqa-small and mla-small on the tool's own text, with and without the clip, seed 1.";

    internal override async Task<ClaimResult> RunAsync(ClaimWork work)
    {
        List<string[]> rows = [];
        List<ClaimLine> lines = [];
        List<bool> held = [];
        List<string> findings = ["A logit is measured in the forward run of a step, before the clip that follows it: a head that was clipped has τ on that step's batch, and something else on the next one."];
        foreach ((double rate, int steps) in s_rates)
        {
            bool decides = rate == s_rates[0].Rate;
            List<double> next = [];
            foreach ((string name, string preset) in s_attentions)
            {
                (ComparisonRun Run, IReadOnlyList<StepLine> Steps) off = await TrainAsync(work, preset, "off", rate, steps), on = await TrainAsync(work, preset, Figure.Number(Tau), rate, steps);
                (double exploded, double late) = (Late(off.Steps), Late(on.Steps));
                rows.Add(
                [
                    name, preset, Figure.Rate(rate), Logit(exploded), Logit(late), Logit(Quantile(on.Steps.Skip(3 * on.Steps.Count / 4).Select(step => step.MaximumLogit), 0.5)),
                    Figure.Loss(off.Run.FinalLoss), Figure.Loss(on.Run.FinalLoss),
                ]);
                if (decides)
                {
                    held.Add(exploded > Explodes * Tau && late <= Above * Tau && on.Run.FinalLoss < off.Run.FinalLoss);
                    lines.AddRange([new($"{name}, off", Points(off.Steps)), new($"{name}, τ 100", Points(on.Steps))]);
                }

                next.AddRange(AfterClips(on.Steps));
            }

            findings.Add(next.Count == 0
                ? $"At {Figure.Rate(rate)} no head was clipped in these steps."
                : $"At {Figure.Rate(rate)} that is {Logit(Quantile(next, 0.5))} in the median over heads and steps, below {Logit(Quantile(next, 0.1))} in a tenth and above {Logit(Quantile(next, 0.9))} in another.");
        }

        findings.Add("The goal asks for the greatest of all heads and steps.");
        return new(
            ["attention", "preset", "rate", "greatest logit of the last quarter of the steps, off", "τ 100", "its median over these steps", "final loss, off", "τ 100"],
            rows,
            held.TrueForAll(met => met) ? ClaimVerdict.Met : ClaimVerdict.Missed,
            findings,
            new($"Greatest attention logit by step at a rate of {Figure.Rate(s_rates[0].Rate)}", "steps", "logit", lines) { LogarithmicHeights = true });
    }

    private static async Task<(ComparisonRun Run, IReadOnlyList<StepLine> Steps)> TrainAsync(ClaimWork work, string preset, string tau, double rate, int steps)
    {
        ClaimRuns runs = work.Runs($"{preset}-{(tau == "off" ? tau : $"tau{tau}")}", preset,
            ("optimizer.preset", "keller-jordan"), ("optimizer.orthogonalizer", "newton-schulz/jordan5"), ("optimizer.auxiliary.learningRate", "0.003"),
            ("optimizer.schedule.name", "constant"), ("train.steps", $"{steps}"), ("qkClip.tau", tau));
        ComparisonRun run = await runs.TrainAsync("muon", rate, 1);
        return (run, runs.StepsOf(run, 1));
    }

    /// <summary>What heads that were clipped have in the step after, in the last quarter of the steps.</summary>
    private static IEnumerable<double> AfterClips(IReadOnlyList<StepLine> steps) =>
        from i in Enumerable.Range(3 * steps.Count / 4, Math.Max(0, steps.Count - 1 - (3 * steps.Count / 4)))
        from pair in steps[i].Heads.Zip(steps[i + 1].Heads)
        where pair.First.MaximumLogit > Tau
        select (double)pair.Second.MaximumLogit;

    private static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)(share * sorted.Length)];
    }

    private static double Late(IReadOnlyList<StepLine> steps) => steps.Skip(3 * steps.Count / 4).Max(step => step.MaximumLogit);

    private static (double, double)[] Points(IReadOnlyList<StepLine> steps) => [.. steps.Where((_, i) => i % 4 == 3).Select(step => ((double)step.Step, step.MaximumLogit))];

    private static string Logit(double value) => Figure.Number(value, "#,0.#");
}
