using MuonSharp.Experiments;

namespace MuonSharp.Reports.Tests;

/// <summary>Sweeps with made-up runs: three rates at two widths, two seeds each.</summary>
internal static class SweepSample
{
    /// <summary>By width and number of the rate: 2 for the middle one, above for the others; seed 1 lies 0.01 below the mean and seed 2 as much above.</summary>
    public static double Loss(string width, int rate) => (width == "64" ? 2.0 : 1.75) + (rate == 1 ? 0 : 0.125);

    public static SweepResult Result(Func<string, int, double>? loss = null, int seeds = 2, string rates = "0.005,0.01,0.02")
    {
        var plan = SweepPlan.Create(new SweepOptions
        {
            Axes = [SweepAxis.Parse($"optimizer.learningRate={rates}"), SweepAxis.Parse("model.width=64,128")],
            Seeds = seeds,
            Preset = "nanogpt-cpu",
            Settings = [new("train.steps", "100"), new("train.seed", "1"), new("train.threads", "2")],
        });
        return new(plan,
        [
            .. plan.Points.Select(point => new SweptPoint(point,
            [
                .. plan.Seeds.Select((seed, i) => Run(seed, (loss ?? Loss)(point.Values[1], point.Number / 2) + (seeds == 1 ? 0 : i == 0 ? -0.01 : 0.01))),
            ])),
        ]);
    }

    private static TrainedRun Run(ulong seed, double loss) => new($"run-{seed}", loss, double.IsFinite(loss) ? [new(50, 2 * loss), new(100, loss)] : [], []) { Seed = seed };
}
