using MuonSharp.Cli.Output;
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

    /// <summary>The user asked again: the process ends at once.</summary>
    void Ending();
}

/// <summary>A run as text: on a terminal with a line that is drawn over, in a pipe with one plain line per interval.</summary>
internal sealed class TextView(Terminal terminal, bool verbose, string? ranks = null) : ITrainingView
{
    private static readonly TimeSpan s_livePeriod = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _clock = TimeProvider.System;
    private Trainer? _trainer;
    private StepEvent? _latest;
    private double? _best;
    private long _saved;
    private long _shown;
    private long _drawn;

    /// <inheritdoc/>
    public void Begin(Trainer trainer)
    {
        (_trainer, _saved) = (trainer, trainer.Step);
        Banner.Show(terminal, trainer, verbose, ranks);
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
                _best = evaluation.Best?.Number.Value;
                terminal.Line(
                    $"evaluation after step {Amount.Count(evaluation.Step)}: {TaskText.Of(_trainer!.Task, evaluation.Result)}{Best(evaluation)} ({Amount.Time(evaluation.Elapsed)})",
                    Style.Strong);
                break;
            case SampleEvent sample:
                terminal.Line($"sample after step {Amount.Count(sample.Step)}:", Style.Label);
                terminal.Block((sample.Prompt + sample.Text).TrimEnd(), Style.Sample);
                break;
            case CheckpointEvent checkpoint:
                _saved = checkpoint.Step;
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
    public void Diverged(DivergedException error)
    {
        LastStep();
        if (_trainer?.RunFolder is { } run)
        {
            Summary.ShowDiverged(terminal, run);
        }
    }

    /// <inheritdoc/>
    public void Profile(TrainingProfile profile, double peak)
    {
        terminal.Line();
        terminal.Line(ProfileTable.Headline(profile, peak), Style.Strong);
        terminal.Table(ProfileTable.Of(profile.Rows(), peak));
    }

    /// <inheritdoc/>
    public void Stopping() => terminal.Notice(
        $"stopping after this step{(_latest is { } step ? $" (about {Amount.Seconds(step.Metrics.StepMilliseconds / 1000)})" : "")}, then a checkpoint; "
        + $"Ctrl+C again ends at once and {Loss("loses")}");

    /// <inheritdoc/>
    public void Ending() => terminal.Notice($"ended at once; this {Loss("loses")}", last: true);

    /// <summary>What is not on the disk.</summary>
    private string Loss(string verb)
    {
        long step = _trainer?.Step ?? 0;
        string steps = Amount.Of(step - _saved, "step");
        return _trainer?.RunFolder is null ? $"{verb} everything: the run lives in memory alone"
            : step == _saved ? $"{verb} nothing but the step in progress"
            : _saved == 0 ? $"{verb} the {steps} done so far: there is no checkpoint yet"
            : $"{verb} {steps} since the checkpoint of step {Amount.Count(_saved)}";
    }

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
            terminal.Live(ProgressLine.Of(step, _best));
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
        terminal.Line(Wrapping.Fit(ProgressLine.Of(step, _best), terminal.Width));
    }
}

/// <summary>The line everybody who trains models looks at.</summary>
internal static class ProgressLine
{
    /// <summary>Its fields, what is looked for first: step, smoothed loss, best held-out number, time left, speed, learning rates, time of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="best">The decisive number of the best evaluation so far; null before the first.</param>
    public static IReadOnlyList<string> Of(StepEvent step, double? best)
    {
        string total = Amount.Count(step.TotalSteps);
        return
        [
            $"step {Amount.Count(step.Step).PadLeft(total.Length)}/{total}",
            $"loss {Amount.Loss(step.SmoothedLoss)}",
            .. best is { } value ? (string[])[$"best held-out {Amount.Loss(value)}"] : [],
            $"left {Amount.Time(step.Remaining)}",
            $"{Amount.Short(step.Metrics.UnitsPerSecond)} {step.Metrics.Unit}/s",
            .. step.Metrics.LearningRates.Select((rate, index) => $"{(index == 0 ? "lr " : "")}{rate.Group} {Amount.Rate(rate.Value)}"),
            $"{Amount.Milliseconds(step.Metrics.StepMilliseconds)} a step",
        ];
    }
}
