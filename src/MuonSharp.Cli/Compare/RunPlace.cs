using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Compare;

/// <summary>How a run's line begins: which run of how many at most, and what is trained; the lines of all optimizers in the same columns.</summary>
/// <param name="entries">The optimizers.</param>
/// <param name="steps">Steps of a full run.</param>
internal sealed class RunPlace(IReadOnlyList<ComparisonEntry> entries, int steps)
{
    /// <summary>A rate has three significant digits; one like 1.25e-5 is among the longest.</summary>
    private const int RateWidth = 7;

    private const int PercentWidth = 7;

    private readonly int labelWidth = entries.Select(entry => entry.Label.Length).DefaultIfEmpty().Max();
    private readonly int stepsWidth = Amount.Count(steps).Length;
    private int numberWidth;

    /// <summary>The text.</summary>
    /// <param name="number">Number of the run, from 1.</param>
    /// <param name="most">How many there will be at most.</param>
    /// <param name="task">What it is for.</param>
    public string Of(int number, int most, ComparisonTask task)
    {
        // The first is the greatest: the bound only shrinks.
        numberWidth = Math.Max(numberWidth, $"{most}".Length);
        var percent = task.Percent == 100 ? "" : $" ({task.Percent} %)";
        return $"run {number.ToString().PadLeft(numberWidth)} of at most {most.ToString().PadLeft(numberWidth)}  {task.Optimizer.PadRight(labelWidth)}  "
            + $"lr {Amount.Rate(task.LearningRate).PadRight(RateWidth)}  {Amount.Count(task.Steps).PadLeft(stepsWidth)} steps{percent.PadRight(PercentWidth)}";
    }
}
