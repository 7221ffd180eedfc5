using System.Globalization;
using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>What a sweep found out, in sentences, and the command that repeats its best run.</summary>
internal static class SweepVerdict
{
    /// <summary>The sentences.</summary>
    public static IEnumerable<string> Sentences(SweepResult result)
    {
        if (result.Best is not { } best)
        {
            yield return result.Complete ? "At every point a run diverged." : "No point has all its runs yet.";
            yield break;
        }

        SweepPlan plan = result.Plan;
        yield return $"The best is {SweepTable.Name(plan.Names, best.Point.Values)}, with {SeededText.Loss(best.Loss)} {Unit(plan)}"
            + (plan.Seeds.Count > 1 ? $" (mean of {plan.Seeds.Count} seeds ± its standard error)." : ".");
        SweptPoint[] like = [.. result.LikeBest];
        if (like.Length > 0)
        {
            yield return $"{plan.Seeds.Count} seeds do not tell it from {string.Join("; ", like.Select(point => SweepTable.Name(plan.Names, point.Point.Values)))}: the difference is within its standard error.";
        }

        for (int axis = 0; axis < plan.Keys.Count; axis++)
        {
            if (result.EdgeOf(best, axis) is not 0 and var side)
            {
                yield return $"{plan.Names[axis]} has its best value, {best.Point.Values[axis]}, at the {(side < 0 ? "lower" : "upper")} edge of what was tried, so a better one may lie beyond"
                    + (Beyond(result, axis, side) is { } next ? $": add {next} to its values; what is done is kept." : ".");
            }
        }

        if (result.Horizontal is { } horizontal && result.Lines is { Count: > 1 } lines && lines.All(line => line.Best is not null))
        {
            string[] others = [.. plan.Names.Where((_, axis) => axis != horizontal)];
            yield return $"The best {plan.Names[horizontal]}, between those tried: {string.Join("; ", lines.Select(line => $"{Amount.Rate(line.Interpolated!.Value)}{Edge(result, line)} at {SweepTable.Name(others, line.Values)}"))}.";
        }
    }

    /// <summary>The command that does a run of the best point again; null where there is none.</summary>
    /// <param name="result">The sweep.</param>
    /// <param name="folder">Its folder.</param>
    public static string? Command(SweepResult result, string folder) =>
        result.Best is { } best ? $"train --config {ShellText.Quoted(Path.Combine(folder, best.Runs[0].Folder, "config.json"))}" : null;

    /// <summary>What losses are measured in.</summary>
    public static string Unit(SweepPlan plan) => plan.OfImages ? "nats per image" : "nats per token";

    private static string Edge(SweepResult result, SweepLine line) => result.EdgeOf(line.Best!, line.Axis) == 0 ? "" : " (edge)";

    /// <summary>The next value on a side: as far beyond the outermost as its neighbour lies inside, by ratio where values are above 0 and spaced by ratios.</summary>
    private static string? Beyond(SweepResult result, int axis, int side)
    {
        double[] values = SweepResult.Values(result.Plan, axis);
        (double outer, double inner) = side < 0 ? (values[0], values[1]) : (values[^1], values[^2]);
        double next = Axis.IsGeometric(values) ? outer * outer / inner : outer + (outer - inner);
        bool whole = values.All(double.IsInteger);
        return next <= 0 || (whole && !double.IsInteger(next)) ? null : double.Parse(next.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
    }
}
