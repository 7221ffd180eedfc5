using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A step was done; handed out every <c>log.every</c> steps.</summary>
/// <param name="Step">Number of steps done.</param>
public sealed record StepEvent(long Step) : TrainingEvent(Step)
{
    /// <summary>Number of steps in the whole run.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Tokens trained on since the start of the run.</summary>
    public required long Tokens { get; init; }

    /// <summary>Mean cross-entropy of the step's batch, in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Exponential mean of the losses (0.9 of the old one), free of its start at zero.</summary>
    public required double SmoothedLoss { get; init; }

    /// <summary>The learning rate of every parameter group in this step.</summary>
    public required IReadOnlyList<GroupLearningRate> LearningRates { get; init; }

    /// <summary>Global norm of the raw gradients, before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Root mean square of the change of the weights.</summary>
    public required double UpdateRms { get; init; }

    /// <summary>Greatest attention logit of the step over all layers and heads.</summary>
    public required double MaximumLogit { get; init; }

    /// <summary>Heads that QK-clip scaled down.</summary>
    public required int ClippedHeads { get; init; }

    /// <summary>Every head's greatest logit and factors, layer by layer. All factors are 1 when QK-clip is off.</summary>
    public required IReadOnlyList<HeadClip> Heads { get; init; }

    /// <summary>Time of the whole step, in milliseconds.</summary>
    public required double StepMilliseconds { get; init; }

    /// <summary>The optimizer's part of <see cref="StepMilliseconds"/>.</summary>
    public required double OptimizerMilliseconds { get; init; }

    /// <summary>Tokens of a step over its time.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Estimate of the time that the steps still to do take, from those of this process.</summary>
    public required TimeSpan Remaining { get; init; }
}
