using MuonSharp.Cli.Output;
using MuonSharp.Cli.Signals;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>A run as text: on a terminal with a line that is drawn over, in a pipe with one plain line per interval.</summary>
internal sealed class TextView(Terminal terminal) : ITrainingView
{
    private static readonly TimeSpan LivePeriod = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider clock = TimeProvider.System;
    private Trainer? trainer;
    private StepEvent? latest;
    private long shown;
    private long drawn;

    /// <inheritdoc/>
    public void Begin(Trainer trainer)
    {
        this.trainer = trainer;
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
                    $"evaluation after step {Amount.Count(evaluation.Step)}: {Amount.Loss(evaluation.Result.Loss)} nats per token, "
                    + $"{Amount.Loss(evaluation.Result.BitsPerByte)} bits per byte ({Amount.Time(evaluation.Elapsed)})",
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
                terminal.Line($"step {Amount.Count(skipped.Step)} skipped: the gradient of {skipped.Parameter} is not finite ({skipped.InARow} in a row)", Style.Warning);
                break;
            case NoticeEvent notice:
                terminal.Line($"note: {notice.Message}", Style.Warning);
                break;
            case EndEvent end:
                LastStep();
                Summary.Show(terminal, trainer!, end);
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

    private void Step(StepEvent step)
    {
        latest = step;
        if (!terminal.Mode.Live)
        {
            var interval = Interval.For(step.TotalSteps);
            if (shown == 0 || step.Step / interval != shown / interval)
            {
                Plain(step);
            }

            return;
        }

        var now = clock.GetTimestamp();
        if (drawn == 0 || clock.GetElapsedTime(drawn, now) >= LivePeriod)
        {
            drawn = now;
            terminal.Live(StepLine.Of(step, terminal.Width));
        }
    }

    /// <summary>The line of the last step stays, whether its turn had come or not.</summary>
    private void LastStep()
    {
        if (latest is not null && latest.Step != shown)
        {
            Plain(latest);
        }
    }

    private void Plain(StepEvent step)
    {
        shown = step.Step;
        terminal.Line(StepLine.Of(step, terminal.Width));
    }
}
