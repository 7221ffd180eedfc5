using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Trains every point of a grid under one or several seeds, several runs at once where they are small.</summary>
/// <remarks>
/// <para>Each run is an ordinary run folder. What is there is not done again, and what was interrupted goes on at its checkpoint: a sweep that was stopped ends with the
/// same losses as one that was not, and so does one with more runs at once. A run that diverges is a result.</para>
/// <para>Whatever the order in which runs end, they are told and kept in the grid's.</para>
/// </remarks>
public sealed class Sweep : IExperiment<SweepEvent, SweepResult>
{
    private readonly SweepPlan _plan;
    private readonly TrainedRuns _runs;
    private readonly SweepFile _file;
    private readonly RunLock _lock;
    private readonly SweepClock _clock;
    private readonly TrainedRun?[] _done;

    private Sweep(SweepPlan plan, string folder, RunLock held, SweepFile file)
    {
        (_plan, Folder, _lock, _file) = (plan, folder, held, file);
        TrainerOptions surroundings = plan.Options.Surroundings;
        (_runs, _clock, _done) = (new("sweep", folder, surroundings), new(plan, surroundings.Time), new TrainedRun?[plan.Runs.Count]);
        file.TakeUp(plan);
    }

    /// <summary>Path of the sweep's folder.</summary>
    public string Folder { get; }

    /// <summary>Opens a folder for a sweep: a new one, or one that an earlier call with the same keys and settings has left.</summary>
    /// <param name="plan">What is swept.</param>
    /// <param name="folder">The folder; made if it is missing.</param>
    /// <exception cref="ConfigurationException">The folder holds a sweep of other keys, settings or data, or a run.</exception>
    /// <exception cref="InvalidFileException">The folder's <c>results.json</c> is damaged.</exception>
    /// <exception cref="RunLockedException">Another process owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Sweep Open(SweepPlan plan, string folder) => ExperimentFolder.Own(
        "sweep", folder, plan.Options.Surroundings.Files, held => new Sweep(plan, folder, held, new SweepFile(folder, plan.Options.Surroundings.Files)));

    /// <summary>Does all that is left to do; once.</summary>
    /// <param name="tell">Called for everything that happens, one at a time.</param>
    /// <param name="cancellation">Asks to finish the steps that are going on, write checkpoints and return.</param>
    /// <returns>The result; not complete if it was cancelled.</returns>
    /// <exception cref="ConfigurationException">A run's folder holds one of another configuration.</exception>
    /// <exception cref="BadInputException">The data cannot be used.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written; what was complete stays complete.</exception>
    public async Task<SweepResult> RunAsync(Action<SweepEvent> tell, CancellationToken cancellation = default)
    {
        _file.Begin(Result());
        await new RunBatch(_runs, _plan.Runs, new Listener(this, tell)).DoAsync(_plan.Slots, cancellation);
        SweepResult result = Result();
        _file.Write(result);
        return result;
    }

    /// <summary>Gives the folder up.</summary>
    public void Dispose() => _lock.Dispose();

    private SweepResult Result() => new(_plan,
    [
        .. _plan.Points.Select(point => new SweptPoint(point,
        [
            .. _plan.Seeds.Select((_, i) => _done[(point.Number * _plan.Seeds.Count) + i]).OfType<TrainedRun>(),
        ])),
    ]);

    private sealed class Listener(Sweep sweep, Action<SweepEvent> tell) : IRunListener
    {
        public void Begun(int number, long step)
        {
            sweep._clock.Begin(number, step);
            tell(new SweepRunStarted(sweep._plan.Runs[number], step));
        }

        public void Happened(int number, TrainingEvent happened) =>
            tell(new SweepRunProgress(sweep._plan.Runs[number], happened, sweep._clock.Progress(number, happened.Step)));

        public void Ended(int number, TrainedRun run, bool wasThere)
        {
            sweep._clock.End(number, wasThere);
            sweep._done[number] = run;
        }

        public void Finished(int number, TrainedRun run, bool wasThere) => tell(new SweepRunFinished(sweep._plan.Runs[number], run, wasThere));
    }
}
