using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>The line everybody who trains models looks at.</summary>
internal static class StepLine
{
    /// <summary>Step, smoothed loss, learning rates, time, speed, time left; the numbers line up from one line to the next.</summary>
    public static string Of(StepEvent step)
    {
        var total = Amount.Count(step.TotalSteps);
        var rates = string.Join(" ", step.LearningRates.Select(rate => $"{rate.Group} {Amount.Rate(rate.Value)}"));
        return $"step {Amount.Count(step.Step).PadLeft(total.Length)}/{total}  loss {Amount.Loss(step.SmoothedLoss)}  lr {rates}  "
            + $"{Amount.Milliseconds(step.StepMilliseconds)}  {Amount.Short(step.TokensPerSecond)} tokens/s  left {Amount.Time(step.Remaining)}";
    }
}
