using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The runs of a comparison: does tasks under every seed, as many at once as the threads bear, counts them, and tells what happens.</summary>
/// <param name="plan">What is compared.</param>
/// <param name="folder">The comparison's folder.</param>
/// <param name="tell">Called for everything that happens, one at a time.</param>
/// <param name="keep">Called after every run with all trials.</param>
internal sealed class ComparisonRunner(ComparisonPlan plan, string folder, Action<ComparisonEvent> tell, Action<IReadOnlyList<ComparisonTrial>> keep)
{
    private readonly TrainedRuns _trained = new("compare", folder, plan.Options.Surroundings);
    private readonly ComparisonClock _clock = new(plan.Options.Surroundings.Time);
    private readonly List<ComparisonTrial> _trials = [];
    private int _runs;

    /// <summary>The tasks that were begun, with those of their runs that are done.</summary>
    public IReadOnlyList<ComparisonTrial> Trials => _trials;

    /// <summary>Does tasks of one optimizer, all of which are needed whatever comes of any.</summary>
    /// <param name="entry">The optimizer.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="rest">What follows them.</param>
    /// <param name="took">Called for each, in their order, when its runs are done.</param>
    /// <param name="cancellation">Asks to finish the steps, write checkpoints and return.</param>
    /// <returns>False if it was cancelled.</returns>
    public async Task<bool> DoAsync(ComparisonEntry entry, IReadOnlyList<ComparisonTask> tasks, ComparisonRest rest, Action<ComparisonTrial> took, CancellationToken cancellation)
    {
        ComparisonJob[] jobs = Jobs(entry, tasks, rest.Most);
        _clock.Plan(jobs, rest.Expected, plan.Seeds.Count);
        return await new RunBatch(_trained, jobs, new Listener(this, jobs, took)).DoAsync(plan.Rule.Slots, cancellation);
    }

    private void Tell(ComparisonEvent happened) => tell(happened);

    private ComparisonJob[] Jobs(ComparisonEntry entry, IReadOnlyList<ComparisonTask> tasks, int mostAfter)
    {
        int count = tasks.Count * plan.Seeds.Count, most = _runs + count + (mostAfter * plan.Seeds.Count);
        IReadOnlyList<int> threads = plan.Rule.OfAlike(entry.Config(tasks[0].LearningRate, tasks[0].Steps), count);
        return
        [
            .. tasks.SelectMany(task => plan.Seeds.Select(seed => (Task: task, Seed: seed))).Select((run, i) => new ComparisonJob(
                run.Task,
                _runs + 1 + i,
                most,
                run.Seed,
                threads[i],
                plan.Rule.Configure(entry.Config(run.Task.LearningRate, run.Task.Steps), run.Seed, threads[i]),
                plan.FolderOf(run.Task, run.Seed))),
        ];
    }

    private void Take(ComparisonJob job, TrainedRun run, bool wasThere, Action<ComparisonTrial> took)
    {
        // The seeds of a task follow each other.
        if (job.Seed == plan.Seeds[0])
        {
            _trials.Add(new(job.Task, []));
        }

        ComparisonTrial trial = _trials[^1] = _trials[^1] with { Runs = [.. _trials[^1].Runs, run] };
        _runs++;
        Tell(new ComparisonRunFinished(job, run, wasThere));
        if (trial.Runs.Count == plan.Seeds.Count)
        {
            took(trial);
        }

        keep(_trials);
    }

    private sealed class Listener(ComparisonRunner runner, ComparisonJob[] jobs, Action<ComparisonTrial> took) : IRunListener
    {
        public void Begun(int number, long step)
        {
            runner._clock.Begin(jobs[number], step);
            runner.Tell(new ComparisonRunStarted(jobs[number], step));
        }

        public void Happened(int number, TrainingEvent happened)
        {
            runner._clock.Step(jobs[number], happened.Step);
            runner.Tell(new ComparisonRunProgress(jobs[number], happened, runner._clock.Going, runner._clock.Remaining));
        }

        public void Ended(int number, TrainedRun run, bool wasThere) => runner._clock.End(jobs[number]);

        public void Finished(int number, TrainedRun run, bool wasThere) => runner.Take(jobs[number], run, wasThere, took);
    }
}
