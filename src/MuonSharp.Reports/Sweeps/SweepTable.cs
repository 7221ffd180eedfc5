using MuonSharp.Experiments;
using MuonSharp.Formats;

namespace MuonSharp.Reports;

/// <summary>A sweep's points as a table: a header, and a row for each point in the grid's order. Terminal and page show the same cells.</summary>
internal static class SweepTable
{
    /// <summary>The rows.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Of(SweepResult result)
    {
        bool images = result.Plan.OfImages;
        HashSet<int> like = [.. result.LikeBest.Select(point => point.Point.Number)];
        string[] header = [.. result.Plan.Names, "final loss", .. images ? ["accuracy"] : Array.Empty<string>(), ""];
        return [header, .. result.Points.Select(point => (string[])
        [
            .. point.Point.Values.Select(OneLine.Short), SeededText.Loss(point, result.Plan.Seeds.Count), .. images ? [point.Accuracy is { } accuracy ? SeededText.Percent(accuracy) : "-"] : Array.Empty<string>(), like.Contains(point.Point.Number) ? "like the best" : Remark(result, point),
        ])];
    }

    /// <summary>Key and value pairs of a point or a line: learningRate 0.01, width 64.</summary>
    /// <param name="names">The keys.</param>
    /// <param name="values">As many values.</param>
    public static string Name(IEnumerable<string> names, IEnumerable<string> values) => string.Join(", ", names.Zip(values, (name, value) => $"{name} {OneLine.Short(value)}"));

    private static string Remark(SweepResult result, SweptPoint point) =>
        !ReferenceEquals(point, result.Best) ? "" : Enumerable.Range(0, result.Plan.Keys.Count).Any(axis => result.EdgeOf(point, axis) != 0) ? "best, at the edge" : "best";
}
