using System.Runtime.CompilerServices;
using MuonSharp.Distributed;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Trains a model: from a configuration to a run folder, or in memory only.</summary>
/// <remarks>
/// <para>Same configuration, same data, same bits: for any number of threads, and however often the run was stopped and
/// resumed. A step allocates nothing on the managed heap; what is handed out does, every <c>log.every</c> steps.</para>
/// <para>Trainers share nothing: several in one process work side by side.</para>
/// </remarks>
public sealed class Trainer : IDisposable
{
    /// <summary>Consecutive skipped steps that stop a run.</summary>
    public const int SkippedStepsToStop = 10;

    private readonly RunWriter? _writer;
    private readonly RunState _state;
    private readonly Queue<TrainingEvent> _events = new();
    private readonly TrainingLoop _loop;
    private readonly TrainingThread _thread = new();
    private bool _started;

    internal Trainer(TrainingParts parts, RunWriter? writer, RunState state, long savedStep, IEnumerable<string> notices)
    {
        (Parts, _writer, _state) = (parts, writer, state);
        foreach (string notice in notices)
        {
            _events.Enqueue(new NoticeEvent(state.Step, notice));
        }

        Description = parts.Describe();
        _loop = new TrainingLoop(parts, state, new RunRecorder(parts, state, writer, savedStep), _events);
    }

    /// <summary>What is trained.</summary>
    public ITrainingTask Task => Parts.Task;

    /// <summary>Length of the run, and what it does along the way.</summary>
    public TrainerSettings Settings => Parts.Settings;

    /// <summary>The effective configuration; null for a task of one's own.</summary>
    public TrainingConfig? Config => Parts.Config;

    /// <summary>Path of the run folder; null when the run lives in memory only.</summary>
    public string? RunFolder => _writer?.Folder.Path;

    /// <summary>Steps done so far.</summary>
    public long Step => _state.Step;

    /// <summary>What the trainer is about to do.</summary>
    public TrainerDescription Description { get; }

    /// <summary>The weights, by name; in place, so to be read between events only.</summary>
    public ParameterStore Parameters => Parts.Task.Parameters;

    /// <summary>Where the time of the steps went; null unless <see cref="TrainerOptions.Profile"/> asked for it.</summary>
    public TrainingProfile? Profile => Parts.Step.Profile;

    internal TrainingParts Parts { get; }

    /// <summary>A trainer for a new run of a task of one's own.</summary>
    /// <param name="task">What is trained; not owned: it outlives the trainer.</param>
    /// <param name="settings">Length of the run, and what it does along the way.</param>
    /// <param name="routes">Who steps what; null: <see cref="Route.Muon"/>.</param>
    /// <param name="runFolder">Where the run is kept; must hold none of a run's files. Null: nowhere, nothing is written.</param>
    /// <param name="options">Its surroundings; null: the system's.</param>
    /// <exception cref="ConfigurationException">The settings break rules; all are named.</exception>
    /// <exception cref="OptimizerOptionsException">The routes break rules, or a parameter has none; all problems are named.</exception>
    /// <exception cref="RunExistsException">The folder holds a run already, or something else under a name that a run writes.</exception>
    /// <exception cref="RunLockedException">Another trainer owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Trainer Create(
        ITrainingTask task, TrainerSettings settings, IReadOnlyList<Route>? routes = null, string? runFolder = null, TrainerOptions? options = null) =>
        TrainerFactory.Create(task, settings, routes, runFolder, options ?? new());

    /// <summary>A trainer that takes a run of a task of one's own up at its newest sound checkpoint, or starts it over when it has none.</summary>
    /// <remarks>The task, its model's shapes, its data and the optimizers must be those of the run's start. Steps (schedules follow the new length from
    /// there on), threads, and how often the run evaluates, samples, saves and logs may change.</remarks>
    /// <param name="task">What is trained, as it was at the start of the run; not owned. Its weights become those of the checkpoint.</param>
    /// <param name="settings">Length of the run, and what it does along the way.</param>
    /// <param name="routes">Who steps what; null: <see cref="Route.Muon"/>.</param>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="options">Its surroundings; null: the system's.</param>
    /// <exception cref="ConfigurationException">The settings break rules; all are named.</exception>
    /// <exception cref="OptimizerOptionsException">The routes break rules; all problems are named.</exception>
    /// <exception cref="BadInputException">The run is one of another task, shape, optimizer, or of other data.</exception>
    /// <exception cref="InvalidFileException">There is no run here, or all of its checkpoints are damaged.</exception>
    /// <exception cref="RunLockedException">Another trainer owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Trainer Resume(
        ITrainingTask task, TrainerSettings settings, IReadOnlyList<Route>? routes, string runFolder, TrainerOptions? options = null) =>
        TrainerFactory.Resume(task, settings, routes, runFolder, options ?? new());

    /// <summary>A trainer for a new run of a configuration.</summary>
    /// <param name="config">A sound configuration.</param>
    /// <param name="runFolder">Where the run is kept; must hold none of a run's files. Null: nowhere, nothing is written.</param>
    /// <param name="options">Its surroundings; null: the system's.</param>
    /// <exception cref="ConfigurationException">The configuration breaks rules; all are named.</exception>
    /// <exception cref="BadInputException">The text cannot be used.</exception>
    /// <exception cref="RunExistsException">The folder holds a run already, or something else under a name that a run writes.</exception>
    /// <exception cref="RunLockedException">Another trainer owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Trainer Create(TrainingConfig config, string? runFolder = null, TrainerOptions? options = null) =>
        TrainerFactory.Create(config, runFolder, options ?? new());

    /// <summary>
    /// A trainer that takes a run up at its newest sound checkpoint, or starts it over when it has none; a
    /// <see cref="NoticeEvent"/> tells what was passed over.
    /// </summary>
    /// <remarks>
    /// May change: <c>train.steps</c> (schedules follow the new length from there on), <c>train.threads</c>, <c>train.recompute</c>,
    /// <c>data.file</c> (if the text is the same), and everything under evaluate, sample, checkpoint and log.
    /// </remarks>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="config">The run's configuration with some changes; null: as it is.</param>
    /// <param name="options">Its surroundings; null: the system's.</param>
    /// <exception cref="ConfigurationException">The configuration breaks rules, or changes what may not change; all are named.</exception>
    /// <exception cref="BadInputException">The text, or what the run folder holds, does not fit the configuration.</exception>
    /// <exception cref="InvalidFileException">There is no run here, or all of its checkpoints are damaged.</exception>
    /// <exception cref="RunLockedException">Another trainer owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Trainer Resume(string runFolder, TrainingConfig? config = null, TrainerOptions? options = null) =>
        TrainerFactory.Resume(runFolder, config, options ?? new());

    /// <summary>A trainer that takes the run in a folder up where there is one, or begins it: what a program does that may be started again.</summary>
    /// <remarks>A run that is done is done again in no time: it has nothing left to do.</remarks>
    /// <param name="config">The configuration; of a run that is there only what may change on resuming may differ.</param>
    /// <param name="runFolder">The run folder, there or not.</param>
    /// <param name="options">Its surroundings; null: the system's.</param>
    /// <exception cref="ConfigurationException">The configuration breaks rules, or changes what may not change; all of it is named.</exception>
    /// <exception cref="BadInputException">The text cannot be used, or is another one than the run's.</exception>
    /// <exception cref="InvalidFileException">All checkpoints of the run are damaged.</exception>
    /// <exception cref="RunExistsException">The folder holds something else under a name that a run writes.</exception>
    /// <exception cref="RunLockedException">Another trainer owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Trainer CreateOrResume(TrainingConfig config, string runFolder, TrainerOptions? options = null) =>
        new RunFolder(runFolder).HoldsRun ? TrainerFactory.Resume(runFolder, TrainerFactory.AsBegun(config, runFolder), options ?? new()) : TrainerFactory.Create(config, runFolder, options ?? new());

    /// <summary>The same for a task of one's own.</summary>
    /// <param name="task">What is trained; not owned. Where there is a run, its weights become those of the newest checkpoint.</param>
    /// <param name="settings">Length of the run, and what it does along the way.</param>
    /// <param name="routes">Who steps what; null: <see cref="Route.Muon"/>.</param>
    /// <param name="runFolder">The run folder, there or not.</param>
    /// <param name="options">Its surroundings; null: the system's.</param>
    /// <exception cref="ConfigurationException">The settings break rules; all are named.</exception>
    /// <exception cref="OptimizerOptionsException">The routes break rules, or a parameter has none; all problems are named.</exception>
    /// <exception cref="BadInputException">The run that is there is one of another task, shape, optimizer, or of other data.</exception>
    /// <exception cref="InvalidFileException">All checkpoints of the run are damaged.</exception>
    /// <exception cref="RunExistsException">The folder holds something else under a name that a run writes.</exception>
    /// <exception cref="RunLockedException">Another trainer owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Trainer CreateOrResume(ITrainingTask task, TrainerSettings settings, IReadOnlyList<Route>? routes, string runFolder, TrainerOptions? options = null) =>
        new RunFolder(runFolder).HoldsRun ? TrainerFactory.Resume(task, settings, routes, runFolder, options ?? new()) : TrainerFactory.Create(task, settings, routes, runFolder, options ?? new());

    /// <summary>Trains to the end and hands out what happens; the computing is done on a thread of the trainer and on those of the team.</summary>
    /// <remarks>A trainer runs once. Whoever stops enumerating loses what came after the last checkpoint.</remarks>
    /// <param name="cancellation">
    /// Asks to finish the step, to break off an evaluation or a sample, to write a checkpoint and to end with <see cref="TrainingOutcome.Cancelled"/>; no exception is thrown.
    /// </param>
    /// <exception cref="DivergedException">Too many steps in a row were skipped, or what was measured last is not finite; the last good checkpoint stays.</exception>
    /// <exception cref="WriteFailedException">The run folder cannot be written; what was complete stays complete.</exception>
    /// <exception cref="InvalidOperationException">The trainer has been run before.</exception>
    public async IAsyncEnumerable<TrainingEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        if (_started)
        {
            throw new InvalidOperationException("[trainer] a trainer runs once; resume the run with another one");
        }

        _started = true;
        while (true)
        {
            while (_events.TryDequeue(out TrainingEvent? happened))
            {
                yield return happened;
            }

            if (_loop.Ended)
            {
                break;
            }

            await _thread.Run(() => _loop.Advance(cancellation));
        }

        if (_loop.Failure is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>Frees the model and the optimizer and gives the run folder up; not while an enumeration is going on.</summary>
    public void Dispose()
    {
        _thread.Dispose();
        Parts.Dispose();
        _writer?.Dispose();
    }
}

/// <summary>What a <see cref="Trainer"/> takes from its surroundings; none of it changes a result.</summary>
public sealed record TrainerOptions
{
    /// <summary>The clock of durations. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How the run folder is written. Default: the file system itself.</summary>
    public IFileOperations Files { get; init; } = FileOperations.Instance;

    /// <summary>Reads PNG and JPEG files, for runs of images. Default: null, they cannot be read.</summary>
    public IImageDecoder? ImageDecoder { get; init; }

    /// <summary>The ranks that train together, of which this process is one; all make the same trainer. Default: null, it trains alone.</summary>
    /// <remarks>The first rank writes the run folder; the others read it on resuming. See <see cref="TrainSection.Shards"/> for what fixes the bits.</remarks>
    public ICollectives? Collectives { get; init; }

    /// <summary>Who says in which order the gradients of several ranks are added. Default: a fixed tree, with the same bits for any number of ranks.</summary>
    public GradientReduction Reduction { get; init; }

    /// <summary>Whether <see cref="Trainer.Profile"/> measures where the time of steps goes. Default: no, and then nothing is measured.</summary>
    public bool Profile { get; init; }
}

/// <summary>Too many steps in a row had gradients that were not finite, or what was measured last at the end is not. The last good checkpoint stays.</summary>
public sealed class DivergedException : Exception
{
    /// <summary>An exception for a run that diverged.</summary>
    /// <param name="message">One line.</param>
    /// <param name="step">Number of steps done.</param>
    /// <param name="parameter">The parameter whose gradient was not finite in the last step; null if it is the evaluation or the loss that is not.</param>
    public DivergedException(string message, long step, string? parameter)
        : base(message) => (Step, Parameter) = (step, parameter);

    /// <summary>Number of steps done.</summary>
    public long Step { get; }

    /// <summary>The parameter whose gradient was not finite in the last step; null if it is the evaluation or the loss that is not.</summary>
    public string? Parameter { get; }
}

/// <summary>How long this process has been at a run, and how long the rest will take at that pace.</summary>
internal sealed class RunClock(TimeProvider time, long firstStep)
{
    private long? _start;
    private (long Step, TimeSpan Elapsed)? _first;

    /// <summary>Time since the start; zero before.</summary>
    public TimeSpan Elapsed => _start is { } start ? time.GetElapsedTime(start) : TimeSpan.Zero;

    /// <summary>Steps that this process has done.</summary>
    public long StepsDone(long step) => step - firstStep;

    /// <summary>Starts the clock; it starts once.</summary>
    public void Start() => _start ??= time.GetTimestamp();

    /// <summary>Time the steps still to do take if they are like those done, evaluations and checkpoints included. The first step, in which everything is done for the first time, counts only while there is no other.</summary>
    public TimeSpan Remaining(long step, long totalSteps)
    {
        (long Step, TimeSpan Elapsed) first = _first ??= (step, Elapsed);
        return step > first.Step ? (Elapsed - first.Elapsed) / (step - first.Step) * (totalSteps - step)
            : step > firstStep ? Elapsed / (step - firstStep) * (totalSteps - step)
            : TimeSpan.Zero;
    }
}
