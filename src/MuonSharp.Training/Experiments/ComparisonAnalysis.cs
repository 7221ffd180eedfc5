namespace MuonSharp.Training;

/// <summary>What the runs of a comparison say.</summary>
internal static class ComparisonAnalysis
{
    /// <summary>An optimizer's row after some runs of its sweep.</summary>
    /// <param name="label">The optimizer.</param>
    /// <param name="runs">Its runs of full length.</param>
    /// <param name="sweep">The sweep that they belong to.</param>
    /// <param name="target">The loss to reach; null for the optimizer whose loss it is.</param>
    public static ComparisonRow OfSweep(string label, IReadOnlyList<ComparisonRun> runs, LearningRateSweep sweep, double? target)
    {
        ComparisonRun? best = sweep.Best is { } rate ? runs.First(run => run.Task.LearningRate == rate) : null;
        double loss = target ?? best?.FinalLoss ?? double.NaN;
        return new(label)
        {
            Best = best,
            BestAtEdge = sweep.BestAtEdge,
            LeastBudget = best?.FinalLoss <= loss && double.IsFinite(loss) ? best : null,
            CrossingStep = best is not null && double.IsFinite(loss) ? LossCurve.Crossing(best.Evaluations, loss) : null,
        };
    }
}
