namespace MuonSharp.Experiments;

/// <summary>What a sweep found out.</summary>
/// <param name="Plan">What was swept.</param>
/// <param name="Points">The points with their runs that are done, in the grid's order.</param>
public sealed record SweepResult(SweepPlan Plan, IReadOnlyList<SweptPoint> Points)
{
    /// <summary>Whether nothing is left to do.</summary>
    public bool Complete => Points.All(point => point.Runs.Count == Plan.Seeds.Count);

    /// <summary>The point with the least mean loss; null while there is none whose runs are all done and finite.</summary>
    public SweptPoint? Best { get; } = Points.Where(point => point.IsFinite(Plan.Seeds.Count)).MinBy(point => point.Loss.Mean);

    /// <summary>Number of the key that losses are drawn over: the first whose values are different numbers; null: none is.</summary>
    public int? Horizontal { get; } = Enumerable.Range(0, Plan.Keys.Count).Where(axis => Values(Plan, axis).Length > 1).Select(axis => (int?)axis).FirstOrDefault();

    /// <summary>The points with the same values of all keys but the horizontal one, ascending in this one; empty without one.</summary>
    public IReadOnlyList<SweepLine> Lines => Horizontal is not { } axis ? [] :
    [
        .. Points.GroupBy(point => string.Join("\n", point.Point.Values.Where((_, i) => i != axis)), StringComparer.Ordinal)
            .Select(group => new SweepLine([.. group.First().Point.Values.Where((_, i) => i != axis)], axis, [.. group.OrderBy(point => point.Point.ValueAt(axis))])),
    ];

    /// <summary>The other points that the seeds do not tell from the best one: whose mean is not above its by more than the standard error of the difference. Empty with one seed.</summary>
    public IEnumerable<SweptPoint> LikeBest => Best is not { } best || Plan.Seeds.Count < 2 ? [] : Points.Where(point => !ReferenceEquals(point, best) && point.IsFinite(Plan.Seeds.Count) && !point.Loss.IsClearlyAbove(best.Loss));

    /// <summary>On which side of a key's values a point lies: -1 the least of several, 1 the greatest, 0 neither, or no numbers.</summary>
    /// <param name="point">The point.</param>
    /// <param name="axis">Number of the key.</param>
    public int EdgeOf(SweptPoint point, int axis)
    {
        double[] values = Values(Plan, axis);
        return values.Length < 2 ? 0 : point.Point.ValueAt(axis) == values[0] ? -1 : point.Point.ValueAt(axis) == values[^1] ? 1 : 0;
    }

    /// <summary>The different values of a key, ascending; none where one is no number.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="axis">Number of the key.</param>
    public static double[] Values(SweepPlan plan, int axis)
    {
        double[] values = [.. plan.Points.Select(point => point.ValueAt(axis)).Distinct().Order()];
        return values.Any(double.IsNaN) ? [] : values;
    }
}

/// <summary>A point with its runs.</summary>
/// <param name="Point">The point.</param>
/// <param name="Runs">Those that are done, in the order of the seeds.</param>
public sealed record SweptPoint(SweepPoint Point, IReadOnlyList<TrainedRun> Runs) : SeededRuns(Runs);

/// <summary>Points that differ in one key alone, a number.</summary>
/// <param name="Values">The values of the other keys.</param>
/// <param name="Axis">Number of the key.</param>
/// <param name="Points">The points, ascending in its values.</param>
public sealed record SweepLine(IReadOnlyList<string> Values, int Axis, IReadOnlyList<SweptPoint> Points)
{
    private IReadOnlyList<(double Value, double Loss)> Losses => [.. Points.Where(point => point.Runs.Count > 0).Select(point => (point.Point.ValueAt(Axis), point.Loss.Mean))];

    /// <summary>The point with the least mean loss; null while none is finite.</summary>
    public SweptPoint? Best => Points.Where(point => double.IsFinite(point.Loss.Mean)).MinBy(point => point.Loss.Mean);

    /// <summary>The value with the least loss, between those tried: the vertex of the parabola through the best and its neighbours over the logarithm; the best one's where that is outermost,
    /// a neighbour diverged, or a value is not above 0. Null while none is finite.</summary>
    public double? Interpolated => Best is not { } best ? null
        : Losses.All(pair => pair.Value > 0) ? ClaimStatistics.BestRate(Losses) : best.Point.ValueAt(Axis);
}
