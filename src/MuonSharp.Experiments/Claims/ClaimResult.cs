using System.Globalization;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What came out of a claim's experiment.</summary>
/// <param name="Titles">Titles of the table's columns.</param>
/// <param name="Rows">Its rows, as many cells each.</param>
/// <param name="Verdict">Whether the goal was met.</param>
/// <param name="Findings">What the figures say, a sentence each.</param>
/// <param name="Chart">The picture.</param>
public sealed record ClaimResult(
    IReadOnlyList<string> Titles, IReadOnlyList<IReadOnlyList<string>> Rows, ClaimVerdict Verdict, IReadOnlyList<string> Findings, ClaimChart Chart);

/// <summary>Whether a goal was met.</summary>
public enum ClaimVerdict
{
    /// <summary>It was.</summary>
    Met,

    /// <summary>It was not.</summary>
    Missed,

    /// <summary>The figures do not say.</summary>
    Open,
}

/// <summary>A picture of figures.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Horizontal">Name and unit of the horizontal axis.</param>
/// <param name="Vertical">Unit of the vertical axis.</param>
/// <param name="Lines">What is drawn.</param>
public sealed record ClaimChart(string Title, string Horizontal, string Vertical, IReadOnlyList<ClaimLine> Lines)
{
    /// <summary>Whether equal ratios are equally far apart on the horizontal axis.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>The same of the vertical axis.</summary>
    public bool LogarithmicHeights { get; init; }
}

/// <summary>A line of a picture.</summary>
/// <param name="Label">What it stands for.</param>
/// <param name="Points">Its points, ascending in X; one that is not finite is a gap.</param>
public sealed record ClaimLine(string Label, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Something that happens while a claim is run.</summary>
public abstract record ClaimEvent;

/// <summary>A training is looked for, and begun where it is not there.</summary>
/// <param name="Group">What its kind is called in the claim: the folder it lies in.</param>
/// <param name="Task">What it is for.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Folder">Its run folder.</param>
/// <param name="Config">Its configuration.</param>
public sealed record ClaimRunStarted(string Group, ComparisonTask Task, int Seed, string Folder, TrainingConfig Config) : ClaimEvent;

/// <summary>A training is going on.</summary>
/// <param name="Group">What its kind is called in the claim: the folder it lies in.</param>
/// <param name="Task">What it is for.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Happened">What happened in it.</param>
public sealed record ClaimRunProgress(string Group, ComparisonTask Task, int Seed, TrainingEvent Happened) : ClaimEvent;

/// <summary>A training is done.</summary>
/// <param name="Group">What its kind is called in the claim.</param>
/// <param name="Run">What came of it.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="WasThere">Whether an earlier call had done all of it.</param>
public sealed record ClaimRunFinished(string Group, ComparisonRun Run, int Seed, bool WasThere) : ClaimEvent;

/// <summary>Anything else that is worth a line.</summary>
/// <param name="Text">The line.</param>
public sealed record ClaimNote(string Text) : ClaimEvent;

/// <summary>Figures as a claim's table shows them.</summary>
internal static class Figure
{
    public static string Loss(double value) => double.IsFinite(value) ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "diverged";

    public static string Loss(SeededMean value) => double.IsNaN(value.Deviation) || !double.IsFinite(value.Mean) ? Loss(value.Mean) : $"{Loss(value.Mean)} ± {Loss(value.Deviation)}";

    public static string Percent(double share) => (100 * share).ToString(share < 0.1 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + " %";

    public static string Percent(SeededMean value) => double.IsNaN(value.Deviation) ? Percent(value.Mean)
        : string.Create(CultureInfo.InvariantCulture, $"{100 * value.Mean:0.0} ± {100 * value.Deviation:0.0} %");

    public static string Rate(double value) => value.ToString("G3", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal);

    public static string Number(double value, string format = "0.##") => value.ToString(format, CultureInfo.InvariantCulture);
}
