using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Trains the same model on the same data under several optimizers, and says which needs how much to reach the same loss.</summary>
/// <remarks>
/// <para>For each optimizer: full runs over its learning rates; then, at the best one and the next greater one, shorter runs of ascending length, up to the
/// first whose final loss is at most the first optimizer's. Last, steps are timed side by side (<see cref="StepMeasurement"/>).</para>
/// <para>Each run is an ordinary run folder. What is there is not done again, and what was interrupted goes on at its checkpoint: a
/// comparison that was stopped ends with the same losses as one that was not.</para>
/// </remarks>
public sealed class Comparison : IDisposable
{
    private readonly ComparisonPlan _plan;
    private readonly TrainedRuns _runs;
    private readonly ComparisonFile _file;
    private readonly RunLock _lock;
    private readonly ComparisonClock _clock;
    private readonly ComparisonBound _bound;
    private readonly List<ComparisonRun> _done = [];
    private readonly List<ComparisonRow> _rows = [];
    private MeasuredTimes _times;

    private Comparison(ComparisonPlan plan, string folder, RunLock held, ComparisonFile file)
    {
        (_plan, Folder, _lock, _file) = (plan, folder, held, file);
        TrainerOptions surroundings = plan.Options.Surroundings;
        (_runs, _clock, _bound) = (new("compare", folder, surroundings), new(surroundings.Time), new(plan));
        _times = file.TakeUp(plan);
    }

    /// <summary>Path of the comparison's folder.</summary>
    public string Folder { get; }

    /// <summary>Opens a folder for a comparison: a new one, or one that an earlier call of the same comparison has left.</summary>
    /// <param name="plan">What is compared.</param>
    /// <param name="folder">The folder; made if it is missing.</param>
    /// <exception cref="ConfigurationException">The folder holds a comparison of another configuration or other data, or a run.</exception>
    /// <exception cref="InvalidFileException">The folder's <c>compare.json</c> is damaged.</exception>
    /// <exception cref="RunLockedException">Another process owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Comparison Open(ComparisonPlan plan, string folder)
    {
        IFileOperations files = plan.Options.Surroundings.Files;
        return ExperimentFolder.Own("compare", folder, files, held => new Comparison(plan, folder, held, new ComparisonFile(folder, files)));
    }

    /// <summary>Does all that is left to do.</summary>
    /// <param name="tell">Called for everything that happens, one at a time.</param>
    /// <param name="cancellation">Asks to finish the step, write a checkpoint and return.</param>
    /// <returns>The result; not complete if it was cancelled.</returns>
    /// <exception cref="ConfigurationException">A run's folder holds one of another configuration.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written; what was complete stays complete.</exception>
    public async Task<ComparisonResult> RunAsync(Action<ComparisonEvent> tell, CancellationToken cancellation = default)
    {
        _done.Clear();
        _rows.Clear();
        _rows.AddRange(_plan.Entries.Select(entry => new ComparisonRow(entry.Label)));
        _file.Write(Result(complete: false));
        for (int i = 0; i < _rows.Count; i++)
        {
            if (!await SweepAsync(i, tell, cancellation) || !await FindBudgetAsync(i, tell, cancellation))
            {
                return Result(complete: false);
            }
        }

        if (!Measure(tell, cancellation))
        {
            return Result(complete: false);
        }

        ComparisonResult result = Result(complete: true);
        _file.Write(result);
        return result;
    }

    /// <summary>Gives the folder up.</summary>
    public void Dispose() => _lock.Dispose();

    private ComparisonResult Result(bool complete) => new(
        _plan, [.. _rows.Select(row => row with { Timing = _times.Of(row.Label) })], [.. _done], complete)
    {
        Environment = _times.Environment,
    };

    private async Task<bool> SweepAsync(int index, Action<ComparisonEvent> tell, CancellationToken cancellation)
    {
        ComparisonEntry entry = _plan.Entries[index];
        LearningRateSweep sweep = new(entry.LearningRates, entry.Swept);
        List<ComparisonRun> runs = [];
        while (sweep.Next is { } rate)
        {
            ComparisonTask task = new(entry.Label, ComparisonPurpose.Sweep, rate, _plan.Steps, 100);
            ComparisonTask[] after = [.. Enumerable.Repeat(task, sweep.Pending - 1), .. Budgets(index, task), .. Later(index)];
            if (await DoAsync(entry, task, after, _bound.After(index, sweep), tell, cancellation) is not { } run)
            {
                return false;
            }

            runs.Add(run);
            sweep.Report(run.FinalLoss);
            _rows[index] = ComparisonAnalysis.OfSweep(entry.Label, runs, sweep, index == 0 ? null : _rows[0].FinalLoss);
            _file.Write(Result(complete: false));
        }

        return true;
    }

    private async Task<bool> FindBudgetAsync(int index, Action<ComparisonEvent> tell, CancellationToken cancellation)
    {
        // Who does not get there in full length is not tried in less; the first is its own measure.
        ComparisonRow row = _rows[index];
        if (index == 0 || row.LeastBudget is null)
        {
            return true;
        }

        Queue<ComparisonTask> tasks = new(Budgets(index, [row.Best!.Task, .. Above(row.Best.Task)]));
        while (tasks.TryDequeue(out ComparisonTask? task))
        {
            if (await DoAsync(_plan.Entries[index], task, [.. tasks, .. Later(index)], tasks.Count + _bound.Later(index), tell, cancellation) is not { } run)
            {
                return false;
            }

            bool reached = run.FinalLoss <= _rows[0].FinalLoss;
            _rows[index] = reached ? row with { LeastBudget = run } : row;
            _file.Write(Result(complete: false));
            if (reached)
            {
                break;
            }
        }

        return true;
    }

    /// <summary>The shorter runs of an optimizer at the learning rates of some tasks.</summary>
    private IEnumerable<ComparisonTask> Budgets(int index, params ComparisonTask[] rates) =>
        from percent in index == 0 ? [] : _plan.Budgets
        from task in rates
        select task with { Purpose = ComparisonPurpose.Budget, Steps = _plan.StepsOf(percent), Percent = percent };

    /// <summary>The full run at the next greater learning rate, if there is one that did not diverge: short runs bear greater rates than long ones.</summary>
    private IEnumerable<ComparisonTask> Above(ComparisonTask best) => _done
        .Where(run => run.Task.Optimizer == best.Optimizer && run.Task.Purpose == ComparisonPurpose.Sweep && run.Task.LearningRate > best.LearningRate && !run.Diverged)
        .Select(run => run.Task)
        .OrderBy(task => task.LearningRate)
        .Take(1);

    /// <summary>What the optimizers after this one are expected to need.</summary>
    private IEnumerable<ComparisonTask> Later(int index) =>
        from next in Enumerable.Range(index + 1, _plan.Entries.Count - index - 1)
        from rate in _plan.Entries[next].LearningRates.Select((rate, number) => (rate, number))
        let task = new ComparisonTask(_plan.Entries[next].Label, ComparisonPurpose.Sweep, rate.rate, _plan.Steps, 100)
        from each in rate.number == 0 ? Budgets(next, task).Prepend(task) : [task]
        select each;

    private async Task<ComparisonRun?> DoAsync(
        ComparisonEntry entry, ComparisonTask task, ComparisonTask[] after, int mostAfter, Action<ComparisonEvent> tell, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return null;
        }

        (int number, int most) = (_done.Count + 1, _done.Count + 1 + mostAfter);
        TrainingConfig config = entry.Config(task.LearningRate, task.Steps);
        TrainedRun? trained = _runs.Find(task.FolderName, config);
        bool wasThere = trained is not null;
        long last = 0;
        trained ??= await _runs.TrainAsync(task.FolderName, config, Begun, Happened, cancellation);
        if (trained is null)
        {
            return null;
        }

        ComparisonRun run = new(task, trained);

        if (!wasThere)
        {
            _clock.End(task, last);
        }

        _done.Add(run);
        tell(new ComparisonRunFinished(run, number, most, wasThere));
        return run;

        void Begun(Trainer trainer)
        {
            last = trainer.Step;
            _clock.Begin(last);
            tell(new ComparisonRunStarted(task, number, most, last));
        }

        void Happened(TrainingEvent happened)
        {
            last = happened.Step;
            tell(new ComparisonRunProgress(task, number, most, happened, _clock.Remaining(task, last, after)));
        }
    }

    private bool Measure(Action<ComparisonEvent> tell, CancellationToken cancellation)
    {
        if (!_plan.Options.MeasureAgain && _rows.TrueForAll(row => _times.Of(row.Label) is not null))
        {
            return true;
        }

        StepMeasurementOptions options = _plan.Measurement;
        using StepMeasurement measurement = new(
            [.. _plan.Entries.Select((entry, i) => (entry.Label, entry.Config(_rows[i].Best?.Task.LearningRate ?? entry.LearningRates[0], _plan.Steps)))],
            options,
            _plan.Options.Surroundings);
        tell(new ComparisonMeasuring(0, options.Rounds));
        try
        {
            IReadOnlyList<StepTiming> timings = measurement.Run(round => tell(new ComparisonMeasuring(round, options.Rounds)), cancellation);
            _times = new(
                timings.ToDictionary(timing => timing.Label, StringComparer.Ordinal),
                RunEnvironment.Describe(measurement.Threads, _plan.Options.Surroundings.Time));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
