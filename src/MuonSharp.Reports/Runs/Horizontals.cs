namespace MuonSharp.Reports;

/// <summary>What the curves of runs can be drawn over: steps, time, or data.</summary>
/// <param name="Class">What the page calls it.</param>
/// <param name="Choice">What a reader calls it.</param>
/// <param name="Name">Name and unit beside the axis.</param>
/// <param name="Whole">Whether there are only whole numbers.</param>
/// <param name="Column">The numbers, in the unit divided by <paramref name="Divisor"/>.</param>
/// <param name="Divisor">What a unit of the axis is.</param>
internal sealed record Horizontal(string Class, string Choice, string Name, bool Whole, Func<StepColumns, IReadOnlyList<double>> Column, double Divisor)
{
    private readonly Dictionary<StepColumns, IReadOnlyList<double>> _scaled = [];

    /// <summary>Places of all step lines of a run.</summary>
    public IReadOnlyList<double> Of(StepColumns steps)
    {
        if (Divisor == 1)
        {
            return Column(steps);
        }

        if (!_scaled.TryGetValue(steps, out IReadOnlyList<double>? scaled))
        {
            _scaled[steps] = scaled = [.. Column(steps).Select(value => value / Divisor)];
        }

        return scaled;
    }

    /// <summary>Place of what happened after some steps.</summary>
    public double At(StepColumns steps, double step) => Class == Horizontals.Steps ? step : steps.At(Column(steps), step) / Divisor;
}

/// <summary>The horizontal axes of some runs.</summary>
internal static class Horizontals
{
    /// <summary>The class of the first, which is shown at first.</summary>
    public const string Steps = "by-steps";

    /// <summary>Steps, time in a unit that fits, and data where it is counted.</summary>
    public static IReadOnlyList<Horizontal> Of(IReadOnlyList<RunHistory> runs)
    {
        double longest = runs.Select(run => run.Steps.LastSeconds).Max();
        (string unit, double divisor) = longest switch { > 3 * 3600 => ("hours", 3600.0), > 600 => ("minutes", 60.0), _ => ("seconds", 1.0) };
        string[] counted = [.. runs.Select(run => run.Steps.Unit).Distinct(StringComparer.Ordinal)];
        List<Horizontal> all =
        [
            new(Steps, "steps", "steps", true, steps => steps.Steps, 1),
            new("by-seconds", unit, $"{unit} of training", false, steps => steps.Seconds, divisor),
        ];
        if (counted.Length == 1 && runs.Any(run => run.Steps.LastUnits > 0))
        {
            all.Add(new("by-units", counted[0], counted[0], true, steps => steps.Units, 1));
        }

        return all;
    }
}
