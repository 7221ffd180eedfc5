using System.Globalization;
namespace MuonSharp.Training;

/// <summary>Something that happened in a run, as <see cref="Trainer.RunAsync"/> hands it out.</summary>
/// <param name="Step">Number of steps done when it happened.</param>
public abstract record TrainingEvent(long Step)
{
    /// <summary>The line that it is in metrics; null if it has none.</summary>
    public virtual MetricsLine? Line => null;
}

/// <summary>A step was done; handed out every <c>log.every</c> steps.</summary>
/// <param name="Metrics">What was measured, as the log has it.</param>
public sealed record StepEvent(StepLine Metrics) : TrainingEvent(Metrics.Step)
{
    /// <summary>Number of steps in the whole run.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Exponential mean of the losses (0.9 of the old one), free of its start at zero.</summary>
    public required double SmoothedLoss { get; init; }

    /// <summary>Estimate of the time that the steps still to do take, from those of this process.</summary>
    public required TimeSpan Remaining { get; init; }

    /// <inheritdoc/>
    public override MetricsLine Line => Metrics;
}

/// <summary>The learning rate of a parameter group in a step.</summary>
/// <param name="Group">The group's name: <c>matrices</c>, <c>auxiliary</c>.</param>
/// <param name="Value">The learning rate in force.</param>
public readonly record struct GroupLearningRate(string Group, double Value);

/// <summary>The singular values of a matrix were measured; handed out every <c>log.spectraEvery</c> steps.</summary>
/// <param name="Metrics">What was measured, as the log has it.</param>
public sealed record SpectrumEvent(SpectrumLine Metrics) : TrainingEvent(Metrics.Step)
{
    /// <inheritdoc/>
    public override MetricsLine Line => Metrics;
}

/// <summary>The model was evaluated on the whole of the held-out data.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Result">Named numbers, the one that decides first; of a language model <c>val_loss</c> and <c>bits_per_byte</c>.</param>
/// <param name="Elapsed">Time the evaluation took.</param>
public sealed record EvaluationEvent(long Step, Evaluation Result, TimeSpan Elapsed) : TrainingEvent(Step)
{
    /// <summary>The best evaluation of the run so far, this one counted; null while none was finite.</summary>
    public BestEvaluation? Best { get; init; }

    /// <summary>Whether this one is the best so far.</summary>
    public bool IsBest => Best?.Step == Step;

    /// <summary>How many evaluations in a row, this one counted, were each worse than the one before.</summary>
    public int WorseInARow { get; init; }

    /// <inheritdoc/>
    public override MetricsLine Line => new EvaluationLine(Step, [.. Result.Numbers.Select(number => new NamedNumber(number.Name, number.Value))]);
}

/// <summary>Text was sampled from the model.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Prompt">The text that the sample continues; may be empty.</param>
/// <param name="Text">The continuation.</param>
public sealed record SampleEvent(long Step, string Prompt, string Text) : TrainingEvent(Step)
{
    /// <inheritdoc/>
    public override MetricsLine Line => new SampleLine(Step, Prompt, Text);
}

/// <summary>A checkpoint was written; it is complete and on the disk.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Folder">The checkpoint's folder.</param>
public sealed record CheckpointEvent(long Step, string Folder) : TrainingEvent(Step)
{
    /// <inheritdoc/>
    public override MetricsLine Line => new CheckpointLine(Step, Folder);
}

/// <summary>A step was skipped because a gradient held a NaN or an infinity, or because the norm of all of them left float32; no weight and no optimizer state changed.</summary>
/// <param name="Step">Number of steps done, this one counted.</param>
/// <param name="Parameter">The first parameter with such a gradient, or the one with most of the norm.</param>
/// <param name="InARow">Skipped steps in a row, this one counted.</param>
/// <param name="GradientNorm">Global norm of the raw gradients; not finite when a gradient was not.</param>
public sealed record SkippedEvent(long Step, string Parameter, int InARow, double GradientNorm = double.NaN) : TrainingEvent(Step)
{
    /// <summary>Why, as half a sentence: <c>the gradient of a.weight is not finite</c>.</summary>
    public string Reason => double.IsFinite(GradientNorm)
        ? string.Create(CultureInfo.InvariantCulture, $"the gradients' norm, {GradientNorm:g3}, is too large for float32, most of it in {Parameter}")
        : $"the gradient of {Parameter} is not finite";

    /// <inheritdoc/>
    public override MetricsLine Line => new SkippedLine(Step, Parameter, InARow, GradientNorm);
}

/// <summary>Something the user should know: a run that starts over, a damaged checkpoint that was passed over.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Message">One line.</param>
public sealed record NoticeEvent(long Step, string Message) : TrainingEvent(Step);

/// <summary>The run ended: always the last event, but for a run that throws.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="SmoothedLoss">Smoothed training loss; NaN before the first step.</param>
/// <param name="Validation">The last evaluation; null when there was none.</param>
/// <param name="Elapsed">Time since <see cref="Trainer.RunAsync"/> began.</param>
public sealed record EndEvent(
    long Step, TrainingOutcome Outcome, double SmoothedLoss, Evaluation? Validation, TimeSpan Elapsed) : TrainingEvent(Step)
{
    /// <summary>Steps that this trainer did: all of them but those before a resume.</summary>
    public long StepsDone { get; init; }

    /// <summary>The best evaluation of the whole run; null when there was none.</summary>
    public BestEvaluation? Best { get; init; }

    /// <summary>Folder of that evaluation's checkpoint; null when there is none.</summary>
    public string? BestCheckpoint { get; init; }
}

/// <summary>How a run ended.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps were done.</summary>
    Finished,

    /// <summary>All steps had been done before; nothing was left to do.</summary>
    AlreadyFinished,

    /// <summary>As many evaluations as <c>train.stopAfter</c> says found nothing better than the best; a checkpoint was written.</summary>
    StoppedEarly,

    /// <summary>The caller asked to stop; the step was finished and a checkpoint written.</summary>
    Cancelled,
}
