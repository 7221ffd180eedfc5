namespace MuonSharp.Cli.Compare.Page;

/// <summary>A point of a chart.</summary>
/// <param name="X">Place on the horizontal axis.</param>
/// <param name="Y">Place on the vertical axis.</param>
/// <param name="Hint">What a browser shows where the pointer rests.</param>
internal readonly record struct ChartPoint(double X, double Y, string Hint)
{
    /// <summary>Whether it can be drawn.</summary>
    public bool Finite => double.IsFinite(X) && double.IsFinite(Y);
}
