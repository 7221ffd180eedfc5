namespace MuonSharp.Training;

/// <summary>What is read off a loss curve.</summary>
internal static class LossCurve
{
    /// <summary>Where a curve first comes down to a loss, in steps; on straight lines between its points. Null: it does not.</summary>
    /// <remarks>A curve that begins at or below the loss crosses it at its first point: nothing is known of what lies before.</remarks>
    public static double? Crossing(IReadOnlyList<CurvePoint> curve, double loss)
    {
        CurvePoint? before = null;
        foreach (CurvePoint point in curve)
        {
            if (point.Loss <= loss)
            {
                return before is { } start && double.IsFinite(start.Loss)
                    ? start.Step + ((point.Step - start.Step) * ((start.Loss - loss) / (start.Loss - point.Loss)))
                    : point.Step;
            }

            before = point;
        }

        return null;
    }
}
