using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What QK-clip does where attention logits explode.</summary>
internal sealed class QkClipClaim : Claim
{
    private const double Tau = 100;
    private const double Above = 1.15;
    private const double Rate = 0.1;

    private static readonly (string Name, string Preset)[] s_attentions = [("multi-head", "nanogpt-cpu"), ("grouped queries", "gqa-small"), ("latent", "mla-small")];

    public override string Name => "qk-clip";

    public override string Title => "QK-clip keeps attention logits at τ at no loss";

    public override string Statement => "QK-clip holds the greatest attention logit at τ where it would explode, and costs no loss.";

    public override string Source => "Kimi Team, arXiv 2507.20534";

    public override string Goal => "with τ = 100 no logit of the last quarter of the steps above 115, and a lower loss than without the clip, for three kinds of attention";

    public override string Method =>
        "The original Muon at a constant rate of 0.1, at which logits explode, after 20 steps of warm-up; 400 steps of nanogpt-cpu, gqa-small and mla-small on the tool's own text, with and without the clip, seed 1.";

    internal override async Task<ClaimResult> RunAsync(ClaimWork work)
    {
        List<string[]> rows = [];
        List<ClaimLine> lines = [];
        bool met = true;
        foreach ((string name, string preset) in s_attentions)
        {
            (ComparisonRun Run, IReadOnlyList<StepLine> Steps) off = await TrainAsync(work, preset, "off"), on = await TrainAsync(work, preset, Figure.Number(Tau));
            double late = Late(on.Steps);
            met &= late <= Above * Tau && on.Run.FinalLoss < off.Run.FinalLoss;
            rows.Add([name, preset, Logit(Late(off.Steps)), Logit(late), Logit(Median(on.Steps)), Logit(on.Steps[^1].MaximumLogit), Figure.Loss(off.Run.FinalLoss), Figure.Loss(on.Run.FinalLoss)]);
            lines.AddRange([new($"{name}, off", Points(off.Steps)), new($"{name}, τ 100", Points(on.Steps))]);
        }

        return new(
            ["attention", "preset", "greatest logit of the last quarter of the steps, off", "τ 100", "its median over these steps", "after the last", "final loss, off", "τ 100"],
            rows,
            met ? ClaimVerdict.Met : ClaimVerdict.Missed,
            ["A logit is measured in the forward run of a step, before the clip that follows it: what stands above τ is what one update adds."],
            new("Greatest attention logit by step", "steps", "logit", lines) { LogarithmicHeights = true });
    }

    private static async Task<(ComparisonRun Run, IReadOnlyList<StepLine> Steps)> TrainAsync(ClaimWork work, string preset, string tau)
    {
        ClaimRuns runs = work.Runs($"{preset}-{(tau == "off" ? tau : $"tau{tau}")}", preset,
            ("optimizer.preset", "keller-jordan"), ("optimizer.orthogonalizer", "newton-schulz/jordan5"), ("optimizer.auxiliary.learningRate", "0.003"),
            ("optimizer.schedule.name", "constant"), ("train.steps", "400"), ("qkClip.tau", tau));
        ComparisonRun run = await runs.TrainAsync("muon", Rate, 1);
        return (run, runs.StepsOf(run, 1));
    }

    private static double Median(IReadOnlyList<StepLine> steps)
    {
        double[] sorted = [.. steps.Skip(3 * steps.Count / 4).Select(step => step.MaximumLogit).Order()];
        return sorted[sorted.Length / 2];
    }

    private static double Late(IReadOnlyList<StepLine> steps) => steps.Skip(3 * steps.Count / 4).Max(step => step.MaximumLogit);

    private static (double, double)[] Points(IReadOnlyList<StepLine> steps) => [.. steps.Where((_, i) => i % 4 == 3).Select(step => ((double)step.Step, step.MaximumLogit))];

    private static string Logit(double value) => Figure.Number(value, "#,0.#");
}
