namespace MuonSharp.Training;

/// <summary>A run of a comparison, done.</summary>
/// <param name="Task">What it was for.</param>
/// <param name="Folder">Its run folder, below the comparison's.</param>
public sealed record ComparisonRun(ComparisonTask Task, string Folder)
{
    /// <summary>Loss over the whole validation split after the last step, in nats per token; infinity for a run that diverged.</summary>
    public required double FinalLoss { get; init; }

    /// <summary>Whether gradients or the loss at the end were not finite.</summary>
    public bool Diverged => !double.IsFinite(FinalLoss);

    /// <summary>The evaluations over the whole validation split.</summary>
    public required IReadOnlyList<CurvePoint> Evaluations { get; init; }

    /// <summary>The training loss, smoothed (0.9 of the mean so far), at no more than a few hundred steps.</summary>
    public required IReadOnlyList<CurvePoint> Training { get; init; }
}
