using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Makes the event of a step that was done.</summary>
internal static class StepEvents
{
    public static StepEvent Create(TrainingParts parts, RunState state, TimeSpan remaining)
    {
        TrainingStep step = parts.Step;
        StepReport report = step.Report;
        return new StepEvent(state.Step)
        {
            TotalSteps = parts.Config.Train.Steps,
            Tokens = state.Step * parts.Config.TokensPerStep,
            Loss = step.Loss,
            SmoothedLoss = state.SmoothedLoss,
            LearningRates = [.. report.Groups.Select(group => new GroupLearningRate(group.Name, group.LearningRate))],
            GradientNorm = report.GradientNorm,
            UpdateRms = report.UpdateRms,
            MaximumLogit = step.MaximumLogit,
            ClippedHeads = step.ClippedHeads,
            Heads = [.. Enumerable.Range(0, step.HeadCount).Select(step.Head)],
            StepMilliseconds = step.Elapsed.TotalMilliseconds,
            OptimizerMilliseconds = step.OptimizerElapsed.TotalMilliseconds,
            TokensPerSecond = parts.Config.TokensPerStep / step.Elapsed.TotalSeconds,
            Remaining = remaining,
        };
    }
}
