namespace MuonSharp.Cli.Compare.Page;

/// <summary>What a chart shows.</summary>
/// <param name="Title">Its heading, and what a screen reader calls it.</param>
/// <param name="Horizontal">Name and unit of the horizontal axis.</param>
/// <param name="Vertical">Name and unit of the vertical axis.</param>
/// <param name="Series">Lines and marks.</param>
internal sealed record Chart(string Title, string Horizontal, string Vertical, IReadOnlyList<Series> Series)
{
    /// <summary>Whether equal ratios, not equal differences, are equally far apart on the horizontal axis.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>Whether there are only whole numbers on the horizontal axis.</summary>
    public bool Whole { get; init; }

    /// <summary>Height of a dashed line across; infinity for none.</summary>
    public double Target { get; init; } = double.PositiveInfinity;
}
