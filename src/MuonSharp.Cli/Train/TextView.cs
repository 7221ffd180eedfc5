using MuonSharp.Cli.Output;
using MuonSharp.Cli.Signals;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>One way to show a run: to a person at a terminal, to a log file, to a program.</summary>
internal interface ITrainingView
{
    /// <summary>Before the first step: what is about to happen.</summary>
    void Begin(Trainer trainer);

    /// <summary>Something happened.</summary>
    void Show(TrainingEvent happened);

    /// <summary>The run diverged; the error itself is written by whoever catches it.</summary>
    void Diverged(DivergedException error);

    /// <summary>Where the time of the steps went.</summary>
    /// <param name="profile">The rows.</param>
    /// <param name="peak">What the multiply-add units of these threads can do, 10⁹ operations a second.</param>
    void Profile(TrainingProfile profile, double peak);

    /// <summary>The user asked to stop; the step in progress is finished first.</summary>
    void Stopping();
}

/// <summary>A run as text: on a terminal with a line that is _drawn over, in a pipe with one plain line per interval.</summary>
internal sealed class TextView(Terminal terminal) : ITrainingView
{
    private static readonly TimeSpan s_livePeriod = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _clock = TimeProvider.System;
    private Trainer? _trainer;
    private StepEvent? _latest;
    private long _shown;
    private long _drawn;

    /// <inheritdoc/>
    public void Begin(Trainer trainer)
    {
        _trainer = trainer;
        Banner.Show(terminal, trainer);
    }

    /// <inheritdoc/>
    public void Show(TrainingEvent happened)
    {
        switch (happened)
        {
            case StepEvent step:
                Step(step);
                break;
            case EvaluationEvent evaluation:
                terminal.Line(
                    $"evaluation after step {Amount.Count(evaluation.Step)}: {Amount.Loss(evaluation.Result["val_loss"] ?? double.NaN)} nats per token, "
                    + $"{Amount.Loss(evaluation.Result["bits_per_byte"] ?? double.NaN)} bits per byte{Best(evaluation)} ({Amount.Time(evaluation.Elapsed)})",
                    Style.Strong);
                break;
            case SampleEvent sample:
                terminal.Line($"sample after step {Amount.Count(sample.Step)}:", Style.Label);
                terminal.Block((sample.Prompt + sample.Text).TrimEnd(), Style.Sample);
                break;
            case CheckpointEvent checkpoint:
                terminal.Line($"checkpoint {checkpoint.Folder}", Style.Label);
                break;
            case SkippedEvent skipped:
                terminal.Line($"step {Amount.Count(skipped.Step)} skipped: {skipped.Reason} ({skipped.InARow} in a row)", Style.Warning);
                break;
            case NoticeEvent notice:
                terminal.Line($"note: {notice.Message}", Style.Warning);
                break;
            case EndEvent end:
                LastStep();
                Summary.Show(terminal, _trainer!, end);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public void Diverged(DivergedException error) => LastStep();

    /// <inheritdoc/>
    public void Profile(TrainingProfile profile, double peak)
    {
        terminal.Line();
        terminal.Line(ProfileTable.Headline(profile, peak), Style.Strong);
        terminal.Columns(ProfileTable.Of(profile, peak));
    }

    /// <inheritdoc/>
    public void Stopping() => StopNotice.Write(terminal);

    /// <summary>Which evaluation was the best, unless it is this one.</summary>
    private static string Best(EvaluationEvent evaluation) => evaluation.Best is { } best && !evaluation.IsBest
        ? $", best {Amount.Loss(best.Number.Value)} at step {Amount.Count(best.Step)}"
        : string.Empty;

    private void Step(StepEvent step)
    {
        _latest = step;
        if (!terminal.Mode.Live)
        {
            long interval = Interval.For(step.TotalSteps);
            if (_shown == 0 || step.Step / interval != _shown / interval)
            {
                Plain(step);
            }

            return;
        }

        long now = _clock.GetTimestamp();
        if (_drawn == 0 || _clock.GetElapsedTime(_drawn, now) >= s_livePeriod)
        {
            _drawn = now;
            terminal.Live(ProgressLine.Of(step, terminal.Width));
        }
    }

    /// <summary>The line of the last step stays, whether its turn had come or not.</summary>
    private void LastStep()
    {
        if (_latest is not null && _latest.Step != _shown)
        {
            Plain(_latest);
        }
    }

    private void Plain(StepEvent step)
    {
        _shown = step.Step;
        terminal.Line(ProgressLine.Of(step, terminal.Width));
    }
}

/// <summary>The line everybody who trains models looks at.</summary>
internal static class ProgressLine
{
    /// <summary>Step, smoothed loss, learning rates, time, speed, time left; the numbers line up from one line to the next.</summary>
    /// <param name="step">The step.</param>
    /// <param name="width">Characters there is room for: where they are few, the learning rates go without their names.</param>
    public static string Of(StepEvent step, int width)
    {
        string line = Compose(step, string.Join(" ", step.Metrics.LearningRates.Select(rate => $"{rate.Group} {Amount.Rate(rate.Value)}")));
        return line.Length <= width ? line : Compose(step, string.Join(" ", step.Metrics.LearningRates.Select(rate => Amount.Rate(rate.Value))));
    }

    private static string Compose(StepEvent step, string rates)
    {
        string total = Amount.Count(step.TotalSteps);
        return $"step {Amount.Count(step.Step).PadLeft(total.Length)}/{total}  loss {Amount.Loss(step.SmoothedLoss)}  lr {rates}  "
            + $"{Amount.Milliseconds(step.Metrics.StepMilliseconds)}  {Amount.Short(step.Metrics.UnitsPerSecond)} {step.Metrics.Unit}/s  left {Amount.Time(step.Remaining)}";
    }
}
