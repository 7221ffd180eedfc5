using System.Diagnostics;
using System.Diagnostics.Metrics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The order of a run: evaluate, sample, save, step, log; each at its own interval.</summary>
/// <remarks>
/// What is due after step k is done before anything else. It may take long, so the checkpoint that is due goes to the disk first, and again when all is
/// done: it says what is still due. A stop ends an evaluation or a sample; whoever resumes does it from its beginning, and then goes on with step k + 1.
/// </remarks>
internal sealed class TrainingLoop
{
    /// <summary>Steps that a profile leaves out at the start, where there are four times as many.</summary>
    private const int MostColdSteps = 10;

    private readonly TrainingParts _parts;
    private readonly TrainerSettings _settings;
    private readonly RunState _state;
    private readonly RunRecorder _recorder;
    private readonly Queue<TrainingEvent> _events;
    private readonly RunClock _clock;
    private readonly MemoryWatch _memory;
    private readonly TrainingOutcome? _endedBefore;
    private readonly Counter<long> _units;
    private CancellationToken _asked;
    private bool _settled;
    private long _coldSteps;

    public TrainingLoop(TrainingParts parts, RunState state, RunRecorder recorder, Queue<TrainingEvent> events)
    {
        (_parts, _settings, _state, _recorder, _events) = (parts, parts.Settings, state, recorder, events);
        _units = TrainingMeter.UnitsOf(parts.Task.Unit);
        _clock = new RunClock(parts.Time, state.Step);
        _memory = new MemoryWatch(parts.Time);
        _coldSteps = Math.Min(MostColdSteps, (_settings.Steps - state.Step) / 4);
        _settled = state.Due == DueWork.None;
        _endedBefore = _settled ? Reached() : null;
        _endedBefore = _endedBefore == TrainingOutcome.Finished ? TrainingOutcome.AlreadyFinished : _endedBefore;
    }

    /// <summary>Why the run cannot go on; null while it can.</summary>
    public DivergedException? Failure { get; private set; }

    /// <summary>Whether the run has ended.</summary>
    public bool Ended { get; private set; }

    /// <summary>Goes on until there is something to tell.</summary>
    public void Advance(CancellationToken asked)
    {
        // Ranks stop together, after a step in which they told each other.
        CancellationToken cancellation = _parts.Ranks?.Stop ?? asked;
        _asked = asked;
        _clock.Start();
        if (_endedBefore is { } outcome)
        {
            End(outcome);
        }

        while (_events.Count == 0 && !Ended)
        {
            if (!_settled)
            {
                Settle(cancellation);
            }
            else if (cancellation.IsCancellationRequested)
            {
                Save(scheduled: false);
                End(TrainingOutcome.Cancelled);
            }
            else
            {
                Step(asked.IsCancellationRequested);
            }
        }
    }

    private bool PatienceIsOver => _settings.StopAfter is { } evaluations && _state.Course.SinceBest >= evaluations;

    /// <summary>How the run has come to its end with the steps done; null if it has not.</summary>
    private TrainingOutcome? Reached() =>
        _state.Step >= _settings.Steps ? TrainingOutcome.Finished : PatienceIsOver ? TrainingOutcome.StoppedEarly : null;

    private bool IsDue(int? every) => every is { } steps && (_state.Step % steps == 0 || _state.Step == _settings.Steps);

    /// <summary>Does what is due after a step.</summary>
    private void Settle(CancellationToken cancellation)
    {
        try
        {
            if (_state.Due.HasFlag(DueWork.Checkpoint) && _state.Due != DueWork.Checkpoint && _parts.WeightsAreFinite())
            {
                _recorder.Hold();
            }

            Do(DueWork.Evaluation, () => Evaluate(cancellation));
            Do(DueWork.Sample, () => Sample(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Save(scheduled: false);
            End(TrainingOutcome.Cancelled);
            return;
        }

        Do(DueWork.Checkpoint, () => Save(scheduled: true));
        _settled = true;
        if (Reached() is { } outcome)
        {
            if (outcome == TrainingOutcome.StoppedEarly)
            {
                Save(scheduled: false);
            }

            End(outcome);
        }
    }

    /// <summary>Does something that is due, and then it is no longer.</summary>
    private void Do(DueWork work, Action action)
    {
        if (_state.Due.HasFlag(work))
        {
            if (work == DueWork.Checkpoint)
            {
                // What a checkpoint says is due must not be the checkpoint itself.
                _state.Due &= ~work;
            }

            action();
            _state.Due &= ~work;
        }
    }

    private void Evaluate(CancellationToken cancellation)
    {
        long start = _parts.Time.GetTimestamp();
        if (Measured(cancellation) is not { } result)
        {
            return;
        }

        TimeSpan elapsed = _parts.Time.GetElapsedTime(start);
        _state.AddEvaluation(result);
        EvaluationEvent happened = new(_state.Step, result, elapsed) { Best = _state.Course.Best, WorseInARow = _state.Course.WorseInARow };
        if (happened.IsBest && _settings.CheckpointEvery is not null)
        {
            _state.Due |= DueWork.Checkpoint;
        }

        _recorder.Write(happened);
        _events.Enqueue(happened);
        Note(Overfitting.AtEvaluation(_state.Course, _recorder.BestCheckpoint));
    }

    /// <summary>Over ranks each computes its parts where the task has parts, else all of it.</summary>
    private Evaluation? Measured(CancellationToken cancellation)
    {
        if (_parts.Ranks is { } ranks && _parts.Task.PartsOfEvaluation(_state.Step) is { } shared)
        {
            return ranks.Evaluate(shared, cancellation, _asked);
        }

        Evaluation? measured = null;
        Alone(TrainingRanks.Evaluating, () => measured = _parts.Task.Evaluate(_state.Step, cancellation));
        return measured;
    }

    private void Note(string? message)
    {
        if (message is not null)
        {
            _events.Enqueue(new NoticeEvent(_state.Step, message));
        }
    }

    private void Sample(CancellationToken cancellation)
    {
        TrainingSample? made = null;
        Alone("a sample", () => made = _parts.Task.Sample(_state.Step, cancellation));
        if (made is not { } sample)
        {
            return;
        }

        SampleEvent happened = new(_state.Step, sample.Prompt, sample.Text);
        _recorder.Write(happened);
        _events.Enqueue(happened);
    }

    /// <summary>What each rank does alone, however long it takes; all wait for all.</summary>
    private void Alone(string activity, Action work)
    {
        if (_parts.Ranks is { } ranks)
        {
            ranks.Do(activity, work, _asked);
        }
        else
        {
            work();
        }
    }

    /// <summary>Saves a checkpoint, but never one of weights that an update has overflowed: the newest good one must stay the newest.</summary>
    private void Save(bool scheduled)
    {
        if (!_parts.WeightsAreFinite())
        {
            Note("the weights are not finite; no checkpoint is written, so that the last good one is kept");
            return;
        }

        if (_recorder.Save(scheduled) is { } happened)
        {
            _events.Enqueue(happened);
        }
    }

    private void Step(bool stop)
    {
        _parts.Step.Run(_state.Step + 1, stop);
        _parts.Ranks?.Compare(_parts, _state.Step + 1);
        TrainingMeter.Tell(_recorder.RunName, _parts.Step, _parts.UnitsPerStep, _units);
        if (--_coldSteps == 0)
        {
            _parts.Step.Profile?.Reset();
        }

        _state.Step++;
        _settled = false;
        _state.Due = (IsDue(_settings.EvaluateEvery) ? DueWork.Evaluation : DueWork.None)
            | (IsDue(_settings.SampleEvery) ? DueWork.Sample : DueWork.None)
            | (IsDue(_settings.CheckpointEvery) || _state.Step == _settings.Steps ? DueWork.Checkpoint : DueWork.None);
        StepReport report = _parts.Step.Report;
        if (report.Skipped)
        {
            Skip(report);
            return;
        }

        _state.AddLoss(_parts.Step.Loss);
        if (_settings.LogEvery is { } every && _state.Step % every == 0)
        {
            StepEvent happened = StepEvents.Create(_parts, _state, _clock.Remaining(_state.Step, _settings.Steps), _memory.Look());
            _recorder.Write(happened);
            _events.Enqueue(happened);
        }

        Measure();
    }

    private void Measure()
    {
        if (_parts.Spectra is not { } meter || _state.Step % meter.Plan.Every != 0)
        {
            return;
        }

        long began = Stopwatch.GetTimestamp();
        foreach (SpectrumLine line in meter.Measure(_state.Step, _parts.Task.Team, _parts.Ranks))
        {
            SpectrumEvent measured = new(line);
            _recorder.Write(measured);
            _events.Enqueue(measured);
        }

        _parts.Step.Profile?.AddSpectra(began);
    }

    private void Skip(StepReport report)
    {
        _state.Skip();
        SkippedEvent happened = new(_state.Step, report.NonFiniteParameter!, (int)report.ConsecutiveSkippedSteps, report.GradientNorm);
        _recorder.Write(happened);
        _events.Enqueue(happened);
        if (happened.InARow < Trainer.SkippedStepsToStop)
        {
            return;
        }

        Save(scheduled: false);
        Diverge(
            $"gradients must be finite and fit float32; the last {happened.InARow} steps up to step {happened.Step} were skipped, in the last one {happened.Reason}",
            happened.Parameter);
    }

    private void Diverge(string problem, string? parameter)
    {
        _recorder.WriteEnd(EndLine.Diverged);
        Failure = new DivergedException($"[train] {problem}", _state.Step, parameter);
        Ended = true;
    }

    private void End(TrainingOutcome outcome)
    {
        // Too few steps were left to skip ten of them; the model is broken all the same.
        if (outcome != TrainingOutcome.Cancelled && _state.Step > 0 && !_state.IsFinite)
        {
            string measured = _state.ValidationStep == _state.Step ? "the evaluation" : "the loss";
            Diverge($"{measured} must be finite; after the last step, {_state.Step}, it is not", parameter: null);
            return;
        }

        _recorder.WriteEnd(EndLine.ReasonOf(outcome));
        Note(Overfitting.AtEnd(_state.Course, _state.Validation, _recorder.BestCheckpoint));
        _events.Enqueue(new EndEvent(_state.Step, outcome, _state.SmoothedLoss, _state.Validation, _clock.Elapsed)
        {
            StepsDone = _clock.StepsDone(_state.Step),
            Best = _state.Course.Best,
            BestCheckpoint = _recorder.BestCheckpoint,
        });
        Ended = true;
    }
}
