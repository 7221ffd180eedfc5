namespace MuonSharp.Experiments;

/// <summary>What a claim works with: its folder, and who is told.</summary>
internal sealed class ClaimWork(ClaimOptions options, string folder, Action<ClaimEvent> tell, CancellationToken cancellation)
{
    public ClaimOptions Options => options;

    public bool Quick => options.Quick;

    public string Folder => folder;

    public CancellationToken Cancellation => cancellation;

    /// <summary>The seeds of what is done three times.</summary>
    public int[] Seeds => Quick ? [1, 2] : [1, 2, 3];

    public void Tell(ClaimEvent happened) => tell(happened);

    /// <summary>Runs that differ in optimizer, learning rate, seed and length alone.</summary>
    /// <param name="group">What they are called, and the folder they lie in.</param>
    /// <param name="preset">The preset they start from.</param>
    /// <param name="settings">Keys and values over it.</param>
    public ClaimRuns Runs(string group, string preset, params (string Key, string Value)[] settings) => new(this, group, preset, settings);
}

/// <summary>A sweep of learning rates.</summary>
/// <param name="Losses">Final losses by rate, ascending; of several seeds the means.</param>
/// <param name="AtEdge">Whether the best is the outermost on its side all the same, after as many rates as are tried at most.</param>
internal sealed record ClaimSweep(IReadOnlyList<(double Rate, double Loss)> Losses, bool AtEdge)
{
    /// <summary>The tried rate with the least loss.</summary>
    public double Best => Losses.MinBy(pair => pair.Loss).Rate;

    /// <summary>The least loss.</summary>
    public double BestLoss => Losses.Min(pair => pair.Loss);

    /// <summary>The rate with the least loss, between those tried.</summary>
    public double Interpolated => ClaimStatistics.BestRate(Losses);

    /// <summary>The best one, and the next greater one that did not diverge: short runs bear greater rates than long ones.</summary>
    public IReadOnlyList<double> BestAndNext => [.. Losses.Where(pair => pair.Rate >= Best && double.IsFinite(pair.Loss)).Select(pair => pair.Rate).Take(2)];

    /// <summary>The best rate for a table.</summary>
    public string Text => Figure.Rate(Best) + (AtEdge ? " (edge)" : "");
}

/// <summary>Both rates of an optimizer, swept one after the other.</summary>
/// <param name="Optimizer">The optimizer with its best rate for what is no hidden matrix.</param>
/// <param name="Start">The same with the rate that the first sweep had for it.</param>
/// <param name="Rates">The sweep of the hidden matrices' rate, or of the one rate of everything.</param>
/// <param name="Rests">The sweep of the rest's, at the best of these.</param>
internal sealed record ClaimTuning(string Optimizer, string Start, ClaimSweep Rates, ClaimSweep Rests);
