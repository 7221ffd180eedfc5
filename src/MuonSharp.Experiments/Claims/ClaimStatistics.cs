namespace MuonSharp.Experiments;

/// <summary>The mean of what several seeds gave, and how far they lie apart.</summary>
/// <param name="Mean">Arithmetic mean.</param>
/// <param name="Deviation">Square root of Σ (x - mean)² / (n - 1); NaN for one seed.</param>
/// <param name="Count">n.</param>
internal readonly record struct SeededMean(double Mean, double Deviation, int Count)
{
    /// <summary>Of some values, one or more.</summary>
    public static SeededMean Of(IReadOnlyCollection<double> values)
    {
        double mean = values.Average();
        double deviation = values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        return new(mean, deviation, values.Count);
    }

    /// <summary>Whether this mean is above another by more than the standard error of their difference, √(s²/n + t²/m).</summary>
    public bool IsClearlyAbove(SeededMean other) => Mean - other.Mean > Error(other);

    /// <summary>Standard error of the difference of two means; 0 where there is one seed alone.</summary>
    public double Error(SeededMean other)
    {
        double error = Math.Sqrt((Deviation * Deviation / Count) + (other.Deviation * other.Deviation / other.Count));
        return double.IsNaN(error) ? 0 : error;
    }
}

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
