using MuonSharp.Experiments;

namespace MuonSharp.Reports;

/// <summary>Numbers of one run, or means over several seeds with their standard errors, as tables, sentences and charts say them.</summary>
internal static class SeededText
{
    /// <summary>A loss: 1.7423, or 1.7423 ± 0.0033.</summary>
    public static string Loss(SeededMean loss) => Amount.Loss(loss.Mean) + (double.IsFinite(loss.StandardError) ? $" ± {Amount.Loss(loss.StandardError)}" : "");

    /// <summary>A share: 93.47 %, or 93.47 % ± 0.12.</summary>
    public static string Percent(SeededMean share) =>
        ComparisonTable.Percent(share.Mean) + (double.IsFinite(share.StandardError) ? FormattableString.Invariant($" ± {100 * share.StandardError:0.00}") : "");

    /// <summary>The final loss of some runs, or that one diverged, or how many there are yet.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="seeds">How many there will be.</param>
    public static string Loss(SeededRuns runs, int seeds) => runs switch
    {
        { Runs.Count: 0 } => "-",
        { Diverged: > 0 and var some } => runs.Runs.Count == 1 ? "diverged" : $"{some} of {runs.Runs.Count} diverged",
        _ => Loss(runs.Loss) + (runs.Runs.Count < seeds ? $" ({runs.Runs.Count} of {seeds})" : ""),
    };

    /// <summary>The bars of a chart: the standard errors; null with one seed.</summary>
    public static IReadOnlyList<double>? Errors(IEnumerable<SeededMean> losses, int seeds) => seeds > 1 ? [.. losses.Select(loss => loss.StandardError)] : null;
}
