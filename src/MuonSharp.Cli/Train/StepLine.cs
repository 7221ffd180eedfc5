using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>The line everybody who trains models looks at.</summary>
internal static class StepLine
{
    /// <summary>Step, smoothed loss, learning rates, time, speed, time left; the numbers line up from one line to the next.</summary>
    /// <param name="step">The step.</param>
    /// <param name="width">Characters there is room for: where they are few, the learning rates go without their names.</param>
    public static string Of(StepEvent step, int width)
    {
        var line = Compose(step, string.Join(" ", step.LearningRates.Select(rate => $"{rate.Group} {Amount.Rate(rate.Value)}")));
        return line.Length <= width ? line : Compose(step, string.Join(" ", step.LearningRates.Select(rate => Amount.Rate(rate.Value))));
    }

    private static string Compose(StepEvent step, string rates)
    {
        var total = Amount.Count(step.TotalSteps);
        return $"step {Amount.Count(step.Step).PadLeft(total.Length)}/{total}  loss {Amount.Loss(step.SmoothedLoss)}  lr {rates}  "
            + $"{Amount.Milliseconds(step.StepMilliseconds)}  {Amount.Short(step.TokensPerSecond)} tokens/s  left {Amount.Time(step.Remaining)}";
    }
}
