using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A run of an experiment, with everything about it decided.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Threads">Threads that it computes with.</param>
/// <param name="Config">Its configuration, seed and threads included; the latter change no bit.</param>
/// <param name="Folder">Its run folder, below the experiment's.</param>
public abstract record PlannedRun(ulong Seed, int Threads, TrainingConfig Config, string Folder)
{
    /// <summary>Name of a folder for a run under a seed: the same for the same, so that it is found again.</summary>
    internal static string FolderOf(string name, ulong seed) => FormattableString.Invariant($"{name}-seed{seed}");
}

/// <summary>Who is told what happens to the runs of a batch, one thing at a time; the number is that of the run in it.</summary>
internal interface IRunListener
{
    /// <summary>A run begins, or goes on after a step.</summary>
    void Begun(int number, long step);

    /// <summary>Something happened in a run that is going on.</summary>
    void Happened(int number, TrainingEvent happened);

    /// <summary>A run has come to its end, or an earlier call had done all of it; others before it may be going on.</summary>
    void Ended(int number, TrainedRun run, bool wasThere);

    /// <summary>A run is done, and all before it are.</summary>
    void Finished(int number, TrainedRun run, bool wasThere);
}

/// <summary>Runs that are done beside each other. Whatever the order in which they end, they are told and kept in their own.</summary>
/// <param name="trained">Does one run.</param>
/// <param name="runs">The runs.</param>
/// <param name="listener">Who is told.</param>
internal sealed class RunBatch(TrainedRuns trained, IReadOnlyList<PlannedRun> runs, IRunListener listener)
{
    private readonly (TrainedRun Run, bool WasThere)?[] _ended = new (TrainedRun, bool)?[runs.Count];
    private readonly Lock _gate = new();
    private int _told;

    /// <summary>Does all of them; once.</summary>
    /// <param name="slots">Threads that all may take together.</param>
    /// <param name="cancellation">Asks to finish the steps that are going on, write checkpoints and return.</param>
    /// <returns>Whether all are done: false if it was cancelled before.</returns>
    public async Task<bool> DoAsync(int slots, CancellationToken cancellation)
    {
        await RunQueue.RunAsync(slots, runs.Select((run, number) => (run.Threads, (Func<CancellationToken, Task>)(stop => DoAsync(run, number, stop)))), cancellation);
        return _told == runs.Count;
    }

    private async Task DoAsync(PlannedRun run, int number, CancellationToken cancellation)
    {
        TrainedRun? result = trained.Find(run.Folder, run.Config);
        bool wasThere = result is not null;
        result ??= await trained.TrainAsync(run.Folder, run.Config, Begun, Happened, cancellation);
        if (result is null)
        {
            return;
        }

        lock (_gate)
        {
            listener.Ended(number, result, wasThere);
            _ended[number] = (result, wasThere);
            for (; _told < runs.Count && _ended[_told] is { } next; _told++)
            {
                listener.Finished(_told, next.Run, next.WasThere);
            }
        }

        void Begun(Trainer trainer)
        {
            lock (_gate)
            {
                listener.Begun(number, trainer.Step);
            }
        }

        void Happened(TrainingEvent happened)
        {
            lock (_gate)
            {
                listener.Happened(number, happened);
            }
        }
    }
}
