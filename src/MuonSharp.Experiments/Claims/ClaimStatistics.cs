namespace MuonSharp.Experiments;

/// <summary>What is read off the losses of several runs.</summary>
internal static class ClaimStatistics
{
    /// <summary>The learning rate with the least loss, between those that were tried: the vertex of the parabola through the best and its neighbours over the logarithm of the rate.</summary>
    /// <remarks>The best rate itself where it is at an edge or a neighbour diverged.</remarks>
    /// <param name="losses">Losses by rate, ascending, one or more.</param>
    public static double BestRate(IReadOnlyList<(double Rate, double Loss)> losses)
    {
        int best = 0;
        for (int i = 1; i < losses.Count; i++)
        {
            best = losses[i].Loss < losses[best].Loss ? i : best;
        }

        if (best == 0 || best == losses.Count - 1 || !double.IsFinite(losses[best - 1].Loss) || !double.IsFinite(losses[best + 1].Loss))
        {
            return losses[best].Rate;
        }

        // Around the middle point: f(t) = f0 + p t + q t², t the logarithm of the ratio to it.
        double left = Math.Log(losses[best - 1].Rate / losses[best].Rate), right = Math.Log(losses[best + 1].Rate / losses[best].Rate);
        double below = (losses[best - 1].Loss - losses[best].Loss) / left, above = (losses[best + 1].Loss - losses[best].Loss) / right;
        double curvature = (above - below) / (right - left);
        return curvature <= 0 ? losses[best].Rate : losses[best].Rate * Math.Exp(-(below - (curvature * left)) / (2 * curvature));
    }

    /// <summary>The share of a full run's steps after which runs with schedules of their own lengths end at a loss, on straight lines between lengths; null: none does.</summary>
    /// <param name="runs">Final losses by share of the steps, ascending.</param>
    /// <param name="target">The loss.</param>
    public static double? ShareOfSteps(IReadOnlyList<(int Percent, double Loss)> runs, double target) =>
        LossCurve.Crossing([.. runs.Select(run => new CurvePoint(run.Percent, run.Loss))], target) / 100;

    /// <summary>Greatest over least of some numbers above 0.</summary>
    public static double Range(IReadOnlyCollection<double> values) => values.Max() / values.Min();
}
