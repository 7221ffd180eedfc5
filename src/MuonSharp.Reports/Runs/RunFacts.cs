using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The headline numbers of a run: names and values, the same in one run's page and in the table of several.</summary>
internal static class RunFacts
{
    private const long LongCount = 10_000_000;

    /// <summary>Name, value, and what is said below it in small letters; empty where there is nothing to say.</summary>
    public static IEnumerable<(string Name, string Value, string Remark)> Of(RunHistory run)
    {
        StepColumns steps = run.Steps;
        if (run.Best is { } best)
        {
            yield return ("best held-out", Number(best.Numbers[0].Value), Remark(best));
            if (run.Evaluations[^1] is var last && last.Step != best.Step)
            {
                yield return ("last held-out", Number(last.Numbers[0].Value), Remark(last));
            }
        }

        if (steps.Steps.Count > 0)
        {
            yield return ("training loss", Number(steps.SmoothedLoss), "smoothed, last step");
        }

        yield return ("steps", Amount.Count(run.Step), run.Settings.TotalSteps is { } total ? $"of {Amount.Count(total)}" : "");
        if (steps.Seconds.Count > 0)
        {
            yield return ("time", Amount.Seconds(steps.LastSeconds), "of training");
        }

        if (steps.LastUnits > 0)
        {
            yield return (steps.Unit, Amount.Short(steps.LastUnits), $"{Amount.Short(Median(steps.UnitsPerSecond.Means))} a second");
        }

        if (steps.WorkingSet.Count > 0)
        {
            yield return ("memory", $"{Amount.Count((long)steps.WorkingSet[^1])} MiB", $"of the process, at most {Amount.Count((long)steps.WorkingSet.Max())}");
        }

        if (run.Checkpoint is { } checkpoint)
        {
            yield return checkpoint.Weights < LongCount
                ? ("weights", Amount.Count(checkpoint.Weights), "")
                : ("weights", Amount.Short(checkpoint.Weights), Amount.Count(checkpoint.Weights));
        }
    }

    /// <summary>How it stands with the run, as a sentence's beginning.</summary>
    public static string State(RunHistory run) => run.End?.Reason switch
    {
        "finished" => "Done",
        "stopped-early" => "Ended early, for want of a better evaluation",
        "cancelled" => "Stopped before its end",
        "diverged" => "Diverged",
        null when run.Process?.Trainer is { IsHere: false } trainer => $"In progress on {trainer.Machine}, or ended by force there",
        null when run.Process?.Trainer is not null => "In progress",
        null when run.Process is not null => "Ended by force",
        null => "In progress, or ended by force",
        string other => other,
    };

    /// <summary>A loss with four decimals, or with as many digits where it is small.</summary>
    public static string Number(double value) => Math.Abs(value) is > 0 and < 0.01 ? Amount.Number(value) : Amount.Loss(value);

    private static string Remark(EvaluationLine line) =>
        $"step {Amount.Count(line.Step)}" + (line.Numbers.Count > 1 ? $", {EvaluationText.Name(line.Numbers[1].Name)} {Number(line.Numbers[1].Value)}" : "");

    private static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }
}

/// <summary>Names of evaluations' numbers as a page says them.</summary>
internal static class EvaluationText
{
    /// <summary>A key of <c>metrics.jsonl</c> in words: <c>val_loss</c> is the loss, <c>bits_per_byte</c> bits per byte.</summary>
    public static string Name(string key) => (key.StartsWith("val_", StringComparison.Ordinal) ? key[4..] : key).Replace('_', ' ');
}
