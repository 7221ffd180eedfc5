namespace MuonSharp.Cli.Compare.Page;

/// <summary>A line of a chart, or marks without a line.</summary>
/// <param name="Label">What it stands for.</param>
/// <param name="Color">Index into the page's colours.</param>
/// <param name="Points">Its points, in the order in which the line joins them; those that are not finite are gaps.</param>
/// <param name="Line">Whether the points are joined; otherwise they are hollow marks.</param>
internal sealed record Series(string Label, int Color, IReadOnlyList<ChartPoint> Points, bool Line = true);
