using MuonSharp.Experiments;

namespace MuonSharp.Cli.Compare;

/// <summary>How a run's line begins: which run of how many at most, and what is trained; the lines of all optimizers in the same columns.</summary>
/// <param name="entries">The optimizers.</param>
/// <param name="steps">Steps of a full run.</param>
/// <param name="seeds">How many seeds there are; one alone is not named.</param>
internal sealed class RunPlace(IReadOnlyList<ComparisonEntry> entries, int steps, int seeds)
{
    /// <summary>A rate has three significant digits; one like 1.25e-5 is among the longest.</summary>
    private const int RateWidth = 7;

    private const int PercentWidth = 7;

    private readonly int _labelWidth = entries.Select(entry => entry.Label.Length).DefaultIfEmpty().Max();
    private readonly int _stepsWidth = Amount.Count(steps).Length;
    private int _numberWidth;

    /// <summary>The text.</summary>
    /// <param name="job">The run.</param>
    public string Of(ComparisonJob job)
    {
        // The first is the greatest: the bound only shrinks.
        (string number, string most) = ($"{job.Number}", $"{job.Most}");
        _numberWidth = Math.Max(_numberWidth, most.Length);
        ComparisonTask task = job.Task;
        string percent = task.Percent == 100 ? "" : $" ({task.Percent} %)";
        return $"run {number.PadLeft(_numberWidth)} of at most {most.PadLeft(_numberWidth)}  {task.Optimizer.PadRight(_labelWidth)}  "
            + $"lr {Amount.Rate(task.LearningRate).PadRight(RateWidth)}  {Amount.Count(task.Steps).PadLeft(_stepsWidth)} steps{percent.PadRight(PercentWidth)}"
            + (seeds > 1 ? $"  seed {job.Seed}" : "");
    }
}
