namespace MuonSharp.Experiments;

/// <summary>A training of an experiment, done.</summary>
/// <param name="Folder">Its run folder, below the experiment's.</param>
/// <param name="FinalLoss">Loss over the whole validation split after the last step, in nats per token or image; infinity for a run that diverged.</param>
/// <param name="Evaluations">The evaluations over the whole validation split.</param>
/// <param name="Training">The training loss, smoothed (0.9 of the mean so far), at no more than a few hundred steps.</param>
public record TrainedRun(string Folder, double FinalLoss, IReadOnlyList<CurvePoint> Evaluations, IReadOnlyList<CurvePoint> Training)
{
    /// <summary>Its <c>train.seed</c>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Share of the held-out images that were right in the last evaluation, 0 to 1; null where the run is not of images, or was not evaluated.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The same by the mean of several views' logits; null where the run has one view alone.</summary>
    public double? AccuracyOfViews { get; init; }

    /// <summary>Whether gradients or the loss at the end were not finite.</summary>
    public bool Diverged => !double.IsFinite(FinalLoss);
}

/// <summary>The runs of one configuration under several seeds.</summary>
/// <param name="Runs">Those that are done, in the order of the seeds.</param>
public record SeededRuns(IReadOnlyList<TrainedRun> Runs)
{
    /// <summary>Mean of the final losses over the seeds, and how far they lie apart; not finite where a run diverged, NaN while there is none.</summary>
    public SeededMean Loss => Of(run => run.FinalLoss);

    /// <summary>How many runs diverged.</summary>
    public int Diverged => Runs.Count(run => run.Diverged);

    /// <summary>The same of the accuracies of images; null where a run has none.</summary>
    public SeededMean? Accuracy => OfAll(run => run.Accuracy);

    /// <summary>The same of the accuracies by the mean of several views' logits.</summary>
    public SeededMean? AccuracyOfViews => OfAll(run => run.AccuracyOfViews);

    /// <summary>Mean loss of the evaluations at each step at which all runs were evaluated, with its spread.</summary>
    public IReadOnlyList<(long Step, SeededMean Loss)> Curve =>
    [
        .. Runs.SelectMany(run => run.Evaluations).GroupBy(point => point.Step).Where(group => group.Count() == Runs.Count)
            .OrderBy(group => group.Key).Select(group => (group.Key, SeededMean.Of([.. group.Select(point => point.Loss)]))),
    ];

    /// <summary>Whether all runs are done and none diverged.</summary>
    /// <param name="seeds">How many there are.</param>
    public bool IsFinite(int seeds) => Runs.Count == seeds && Diverged == 0;

    private SeededMean Of(Func<TrainedRun, double> number) => Runs.Count == 0 ? new(double.NaN, double.NaN, 0) : SeededMean.Of([.. Runs.Select(number)]);

    private SeededMean? OfAll(Func<TrainedRun, double?> number) => Runs.Count > 0 && Runs.All(run => number(run) is not null) ? Of(run => number(run)!.Value) : null;
}
