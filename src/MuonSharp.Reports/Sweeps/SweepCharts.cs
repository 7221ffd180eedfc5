using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>The charts of a sweep.</summary>
internal static class SweepCharts
{
    /// <summary>More curves than a chart can be read with.</summary>
    private const int MostCurves = 16;

    /// <summary>All of them: the losses over the horizontal key, where there is one, and the curves of the runs.</summary>
    public static IEnumerable<Chart> Of(SweepResult result)
    {
        SweepPlan plan = result.Plan;
        string unit = SweepVerdict.Unit(plan);
        if (result.Horizontal is { } axis)
        {
            yield return new Chart($"Final loss by {plan.Names[axis]}", plan.Keys[axis], unit, [.. result.Lines.Select((line, number) => Line(plan, line, number))])
            {
                Logarithmic = Axis.IsGeometric(SweepResult.Values(plan, axis)),
                FromZero = false,
                Wide = true,
            };
        }

        yield return new Chart("Held-out loss by step", "steps", unit, [.. Curves(result).Select((point, number) => Curve(plan, point, number))]) { Whole = true, Wide = true };
    }

    /// <summary>The points whose curves are drawn: all, or where those are too many the best of each line.</summary>
    public static IReadOnlyList<SweptPoint> Curves(SweepResult result)
    {
        SweptPoint[] points = [.. result.Points.Where(point => point.Runs.Count > 0)];
        return points.Length <= MostCurves ? points
            : result.Lines.Count > 1 ? [.. result.Lines.Select(line => line.Best).OfType<SweptPoint>().Take(MostCurves)]
            : [.. points.Where(point => double.IsFinite(point.Loss.Mean)).OrderBy(point => point.Loss.Mean).Take(MostCurves)];
    }

    private static Series Line(SweepPlan plan, SweepLine line, int number)
    {
        string[] names = [.. plan.Names.Where((_, axis) => axis != line.Axis)];
        string label = names.Length == 0 ? "final loss" : SweepTable.Name(names, line.Values);
        return new(label, Look.Of(number), [.. line.Points.Select(point => point.Point.ValueAt(line.Axis))], [.. line.Points.Select(point => point.Loss.Mean)], SeriesKind.Dots)
        {
            Errors = SeededText.Errors(line.Points.Select(point => point.Loss), plan.Seeds.Count),
            Hint = i => $"{SweepTable.Name(plan.Names, line.Points[i].Point.Values)}: {SeededText.Loss(line.Points[i].Loss)}",
        };
    }

    /// <summary>The mean over the seeds, at the steps at which all have been evaluated.</summary>
    private static Series Curve(SweepPlan plan, SweptPoint point, int number)
    {
        IReadOnlyList<(long Step, SeededMean Loss)> means = point.Curve;
        return new(SweepTable.Name(plan.Names, point.Point.Values), Look.Of(number), [.. means.Select(mean => (double)mean.Step)], [.. means.Select(mean => mean.Loss.Mean)], SeriesKind.Dots);
    }
}
