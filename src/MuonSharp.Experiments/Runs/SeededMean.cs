namespace MuonSharp.Experiments;

/// <summary>The mean of what several seeds gave, and how far they lie apart.</summary>
/// <param name="Mean">Arithmetic mean.</param>
/// <param name="Deviation">Square root of Σ (x - mean)² / (n - 1); NaN for one seed.</param>
/// <param name="Count">n.</param>
public readonly record struct SeededMean(double Mean, double Deviation, int Count)
{
    /// <summary>Standard error of the mean, s / √n; NaN for one seed.</summary>
    public double StandardError => Deviation / Math.Sqrt(Count);

    /// <summary>Of some values, one or more.</summary>
    /// <param name="values">The values.</param>
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
