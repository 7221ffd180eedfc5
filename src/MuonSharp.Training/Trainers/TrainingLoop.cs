using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The order of a run: evaluate, sample, save, step, log; each at its own interval.</summary>
/// <remarks>
/// What is due after step k (evaluation, sample, checkpoint) is always done as a whole before anything else, also when the
/// run is cancelled. So a checkpoint of step k means that all of step k has happened, and resuming goes on with step k + 1.
/// </remarks>
internal sealed class TrainingLoop
{
    /// <summary>Steps that a profile leaves out at the start, where there are four times as many.</summary>
    private const int MostColdSteps = 10;

    private readonly TrainingParts _parts;
    private readonly TrainingConfig _config;
    private readonly RunState _state;
    private readonly RunRecorder _recorder;
    private readonly Queue<TrainingEvent> _events;
    private readonly RunClock _clock;
    private bool _settled = true;
    private long _coldSteps;

    public TrainingLoop(TrainingParts parts, RunState state, RunRecorder recorder, Queue<TrainingEvent> events)
    {
        (_parts, _config, _state, _recorder, _events) = (parts, parts.Config, state, recorder, events);
        _clock = new RunClock(parts.Time, state.Step);
        _coldSteps = Math.Min(MostColdSteps, (parts.Config.Train.Steps - state.Step) / 4);
    }

    /// <summary>Why the run cannot go on; null while it can.</summary>
    public DivergedException? Failure { get; private set; }

    /// <summary>Whether the run has ended.</summary>
    public bool Ended { get; private set; }

    /// <summary>Goes on until there is something to tell.</summary>
    public void Advance(CancellationToken cancellation)
    {
        _clock.Start();
        if (_settled && _state.Step >= _config.Train.Steps)
        {
            End(TrainingOutcome.AlreadyFinished);
        }

        while (_events.Count == 0 && !Ended)
        {
            if (!_settled)
            {
                Settle();
            }
            else if (cancellation.IsCancellationRequested)
            {
                Save(scheduled: false);
                End(TrainingOutcome.Cancelled);
            }
            else
            {
                Step();
            }
        }
    }

    private bool IsDue(int? every) => every is { } steps && (_state.Step % steps == 0 || _state.Step == _config.Train.Steps);

    /// <summary>Does what is due after a step.</summary>
    private void Settle()
    {
        if (IsDue(_config.Evaluate.Every))
        {
            Evaluate();
        }

        if (IsDue(_config.Sample.Every))
        {
            Sample();
        }

        if (IsDue(_config.Checkpoint.Every) || _state.Step == _config.Train.Steps)
        {
            Save(scheduled: true);
        }

        _settled = true;
        if (_state.Step == _config.Train.Steps)
        {
            End(TrainingOutcome.Finished);
        }
    }

    private void Evaluate()
    {
        long start = _parts.Time.GetTimestamp();
        EvaluationResult result = HeldOutLoss.Measure(
            _parts.Model, _parts.Data.Tokenizer, _parts.Data.Validation.Span, _config.Evaluate.Batch);
        EvaluationEvent happened = new(_state.Step, result, _parts.Time.GetElapsedTime(start));
        _state.Validation = result;
        _recorder.Write(happened);
        _events.Enqueue(happened);
    }

    private void Sample()
    {
        SampleSection settings = _config.Sample;
        GenerationOptions options = new()
        {
            Tokens = settings.Tokens,
            Temperature = settings.Temperature,
            TopK = settings.TopK ?? 0,
            TopP = settings.TopP,
            Seed = _config.Train.Seed,
        };
        ITokenizer tokenizer = _parts.Data.Tokenizer;
        int[] prompt = TextPieces.Prompt(tokenizer, settings.Prompt);
        IEnumerable<int> tokens = new TokenStream(_parts.Model, tokenizer.VocabularySize).Continue(prompt, options, occasion: _state.Step);
        SampleEvent happened = new(_state.Step, settings.Prompt, string.Concat(TextPieces.Of(tokenizer, tokens)));
        _recorder.Write(happened);
        _events.Enqueue(happened);
    }

    /// <summary>Saves a checkpoint, but never one of weights that an update has overflowed: the newest good one must stay the newest.</summary>
    private void Save(bool scheduled)
    {
        if (!_parts.WeightsAreFinite())
        {
            _events.Enqueue(new NoticeEvent(_state.Step, "the weights are not finite; no checkpoint is written, so that the last good one is kept"));
            return;
        }

        if (_recorder.Save(scheduled) is { } happened)
        {
            _events.Enqueue(happened);
        }
    }

    private void Step()
    {
        _parts.Step.Run(_state.Step + 1);
        if (--_coldSteps == 0)
        {
            _parts.Step.Profile?.Reset();
        }

        _state.Step++;
        _settled = false;
        StepReport report = _parts.Step.Report;
        if (report.Skipped)
        {
            Skip(report);
            return;
        }

        _state.AddLoss(_parts.Step.Loss);
        if (_config.Log.Every is { } steps && _state.Step % steps == 0)
        {
            StepEvent happened = StepEvents.Create(_parts, _state, _clock.Remaining(_state.Step, _config.Train.Steps));
            _recorder.Write(happened);
            _events.Enqueue(happened);
        }
    }

    private void Skip(StepReport report)
    {
        SkippedEvent happened = new(_state.Step, report.NonFiniteParameter!, (int)report.ConsecutiveSkippedSteps);
        _recorder.Write(happened);
        _events.Enqueue(happened);
        if (happened.InARow < Trainer.SkippedStepsToStop)
        {
            return;
        }

        Save(scheduled: false);
        Diverge(
            $"gradients must be finite; the last {happened.InARow} steps up to step {happened.Step} were skipped, "
            + $"the last one for '{happened.Parameter}'",
            happened.Parameter);
    }

    private void Diverge(string problem, string? parameter)
    {
        _recorder.WriteEnd("diverged");
        Failure = new DivergedException($"[train] {problem}", _state.Step, parameter);
        Ended = true;
    }

    private void End(TrainingOutcome outcome)
    {
        // Too few steps were left to skip ten of them; the model is broken all the same.
        if (outcome != TrainingOutcome.Cancelled && _state.Validation is { } last && !double.IsFinite(last.Loss))
        {
            Diverge($"the held-out loss must be finite; after the last step, {_state.Step}, it is not", parameter: null);
            return;
        }

        _recorder.WriteEnd(outcome == TrainingOutcome.Cancelled ? "cancelled" : "done");
        _events.Enqueue(new EndEvent(_state.Step, outcome, _state.SmoothedLoss, _state.Validation, _clock.Elapsed));
        Ended = true;
    }
}
