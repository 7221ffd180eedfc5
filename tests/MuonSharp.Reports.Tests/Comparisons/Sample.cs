using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Reports.Tests;

/// <summary>A comparison with made-up runs: the first optimizer, one that gets there earlier, and one that diverged.</summary>
internal static class Sample
{
    public static ComparisonResult Result { get; } = Make();

    /// <summary>One with as many optimizers as wanted, all alike.</summary>
    public static ComparisonResult Many(int count)
    {
        var plan = ComparisonPlan.Create(new ComparisonOptions
        {
            Optimizers = OptimizerChoice.ParseList(string.Join(',', Enumerable.Range(0, count).Select(number => $"muon:momentum=0.{90 + number}"))),
            Settings = [new("train.steps", "1000")],
        });
        return new ComparisonResult(plan, [.. plan.Entries.Select(entry => new ComparisonRow(entry.Label) { Best = Result.Rows[0].Best })], [], Complete: true);
    }

    private static ComparisonResult Make()
    {
        var plan = ComparisonPlan.Create(new ComparisonOptions
        {
            Optimizers = OptimizerChoice.ParseList("adamw,muon:preset=torch;momentum=0.9,sgd"),
            Settings = [new("train.steps", "1000")],
        });
        ComparisonTrial first = Run("adamw", ComparisonPurpose.Sweep, 0.004, 100, 1.5, (500, 2), (1000, 1.5));
        ComparisonTrial worse = Run("adamw", ComparisonPurpose.Sweep, 0.008, 100, 1.75, (500, 2.5), (1000, 1.75));
        ComparisonTrial full = Run(plan.Entries[1].Label, ComparisonPurpose.Sweep, 0.01, 100, 1.25, (500, 1.75), (1000, 1.25));
        ComparisonTrial shorter = Run(plan.Entries[1].Label, ComparisonPurpose.Budget, 0.01, 60, 1.4375, (500, 1.5), (600, 1.4375));
        ComparisonTrial diverged = Run("sgd", ComparisonPurpose.Sweep, 0.1, 100, double.PositiveInfinity);
        return new ComparisonResult(
            plan,
            [
                new("adamw") { Best = first, LeastBudget = first, CrossingStep = 1000, Timing = Timing("adamw", 10, 1, 1) },
                new(plan.Entries[1].Label) { Best = full, BestAtEdge = true, LeastBudget = shorter, CrossingStep = 749.75, Timing = Timing(plan.Entries[1].Label, 12, 3, 1.25) },
                new("sgd") { Timing = Timing("sgd", 8, 0.4, 0.75) },
            ],
            [first, worse, full, shorter, diverged],
            Complete: true);
    }

    private static StepTiming Timing(string label, double step, double optimizer, double ratio) => new(label, step, optimizer, ratio, 100_000 / step, [step]);

    private static ComparisonTrial Run(string label, ComparisonPurpose purpose, double rate, int percent, double loss, params (long, double)[] points) =>
        new(new(label, purpose, rate, 10 * percent, percent), [new($"{label}-{percent}", loss, [.. points.Select(point => new CurvePoint(point.Item1, point.Item2))], [])]);
}
