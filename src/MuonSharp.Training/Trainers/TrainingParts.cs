using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>All that computes in a run: task, optimizer, clip, step. Frees the optimizer and the clip, and the task if that is the trainer's own.</summary>
internal sealed class TrainingParts : IDisposable
{
    private readonly bool _ownsTask;
    private readonly IGradientSum _sum;

    private TrainingParts(ITrainingTask task, bool ownsTask, TrainerSettings settings, RoutedOptimizer optimizer, QkClip? clip, TrainerOptions options)
    {
        (Task, _ownsTask, Settings, Optimizer, Clip, Time) = (task, ownsTask, settings, optimizer, clip, options.Time);
        Ranks = TrainingRanks.Of(options.Collectives);
        _sum = Ranks is null
            ? new GradientTree(task.Parameters, settings.Accumulation, task.Team)
            : new GradientExchange(task.Parameters, optimizer.Ownership!, Ranks.Collectives, settings.Accumulation, options.Reduction, task.Team);
        try
        {
            Step = new TrainingStep(task, optimizer, clip, _sum, options.Time, Ranks);
        }
        catch
        {
            _sum.Dispose();
            throw;
        }
    }

    public ITrainingTask Task { get; }

    public TrainerSettings Settings { get; }

    public RoutedOptimizer Optimizer { get; }

    /// <summary>The clip of queries and keys; null when it is off.</summary>
    public QkClip? Clip { get; }

    /// <summary>What the run is, as its folder says.</summary>
    public required RunIdentity Identity { get; init; }

    /// <summary>The configuration that the task was composed of; null for a task of one's own.</summary>
    public TrainingConfig? Config { get; private init; }

    /// <summary>All state that a checkpoint keeps as tensors: the optimizer's and the clip's.</summary>
    public IReadOnlyList<StateTensor> StateTensors => [.. Optimizer.StateTensors, .. Clip?.StateTensors ?? []];

    public TrainingStep Step { get; }

    /// <summary>Who measures singular values; null when nobody does.</summary>
    public SpectrumMeter? Spectra { get; private init; }

    /// <summary>The ranks that train together; null for a process that trains alone.</summary>
    public TrainingRanks? Ranks { get; }

    public TimeProvider Time { get; }

    /// <summary>Units of data in a step.</summary>
    public long UnitsPerStep => Task.UnitsPerMicroBatch * Settings.Accumulation;

    /// <summary>Makes everything for a sound configuration; on failure nothing stays.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="from">Where a run goes on; null for one at its start.</param>
    /// <param name="options">The surroundings.</param>
    /// <param name="reading">The configuration with the run's own copies of texts; null: they are where the configuration says.</param>
    /// <exception cref="BadInputException">The text cannot be used, or the sample's prompt holds a character that it lacks.</exception>
    public static TrainingParts Create(TrainingConfig config, RunStart? from, TrainerOptions options, TrainingConfig? reading = null)
    {
        ConfiguredTask kind = ConfiguredTask.Of(config);
        ITrainingTask task = kind.Create(reading ?? config, from, options);
        try
        {
            config = kind.Complete(config, reading ?? config, task);
            return Create(task, TrainerSettings.Of(config), kind.Routes(config, task), options, config);
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    /// <summary>Makes everything for a task; on failure nothing stays but the task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="settings">Sound settings.</param>
    /// <param name="routes">Who steps what; null: Muon and AdamW.</param>
    /// <param name="options">The surroundings.</param>
    /// <param name="config">What the task was composed of, which makes the task the trainer's own; null: a task of the caller's.</param>
    public static TrainingParts Create(
        ITrainingTask task, TrainerSettings settings, IReadOnlyList<Route>? routes, TrainerOptions options, TrainingConfig? config = null)
    {
        var routing = RoutingPlan.Make(task.Parameters.Parameters, routes ?? Route.Muon());
        SpectrumMeter? spectra = SpectrumPlan.Of(routing, settings, task.FlopsPerMicroBatch, task.Team.Threads) is { } plan ? new(plan) : null;
        RoutedOptimizer? optimizer = null;
        QkClip? clip = null;
        try
        {
            StepOptions step = new() { TotalSteps = settings.Steps, MaximumGradientNorm = settings.ClipNorm, Collectives = options.Collectives, Observer = spectra };
            optimizer = new(task.Parameters, routes, step, task.Team);
            spectra?.Attach(optimizer);
            clip = settings.QkClipTau is { } tau && task.AttentionHeads.Count > 0 ? new QkClip(task.AttentionHeads, tau) : null;
            TrainingParts parts = new(task, config is not null, settings, optimizer, clip, options)
            {
                Config = config,
                Spectra = spectra,
                Identity = config is null ? new TaskRun(task, settings, optimizer.Plan) : new ConfiguredRun(config),
            };
            parts.Step.Profile = options.Profile ? parts.Step.StartProfile() : null;
            return parts;
        }
        catch
        {
            clip?.Dispose();
            optimizer?.Dispose();
            spectra?.Dispose();
            throw;
        }
    }

    /// <summary>Files that a run folder gets now: those of the task, who steps what, and a text that cannot be read a second time, which is handed out once.</summary>
    /// <param name="atStart">Whether the run starts, or starts over; else the task's files are there.</param>
    public Dictionary<string, ReadOnlyMemory<byte>> NewFiles(bool atStart)
    {
        Dictionary<string, ReadOnlyMemory<byte>> files = new(atStart ? Task.Files : NoFiles.Instance, StringComparer.Ordinal) { [RoutingFile.Name] = RoutingFile.ToBytes(Optimizer.Plan) };
        foreach ((string name, ReadOnlyMemory<byte> text) in (Task as LanguageTask)?.TakeUnrepeatable() ?? NoFiles.Instance)
        {
            files.Add(name, text);
        }

        return files;
    }

    /// <summary>What a banner tells about them.</summary>
    public TrainerDescription Describe() => new()
    {
        Kind = Task.Kind,
        Unit = Task.Unit,
        UnitsPerStep = UnitsPerStep,
        Facts = Task.Facts,
        Parameters = Task.Parameters.ElementCount,
        Shares =
        [
            .. Optimizer.Plan.Groups.Select(group => new OptimizerShare(
                group.Options.OptimizerName,
                group.Parameters.Count,
                group.Parameters.Sum(parameter => (long)parameter.Length),
                group.Options.LearningRate.Range.Greatest)),
        ],
        Plan = Optimizer.Plan,
        GreatestRateFactor = Config is null ? 1 : ScheduleKinds.GreatestFactor(Config.Optimizer.Schedule, Config.Train.Steps),
        Advice = [.. Task.Advice(UnitsPerStep, Settings.Steps), .. LearningRateUnits.Check(Optimizer.Plan), .. Config is null ? [] : UnusedKeys.Remarks(Config)],
        Memory = Memory(),
        Spectra = Spectra?.Plan,
        Threads = Task.Team.Threads,
    };

    /// <summary>Over ranks, that of this one: the state that it owns, and what is on its way to others.</summary>
    private PlannedMemory Memory()
    {
        PlannedMemory whole = PlannedMemory.Of(Task.Parameters.Length, Task.MemoryPlan, Optimizer.Plan, Settings.Accumulation, Task.Team.Threads) with { Spectra = Spectra?.Plan.Bytes ?? 0 };
        return Ranks is null ? whole : whole with
        {
            GradientSums = ((GradientExchange)_sum).BufferBytes + Optimizer.GatherBytes,
            Optimizers = Optimizer.Ownership!.CostsOf(Optimizer.Plan.Groups, Ranks.Collectives.Rank, Task.Team.Threads),
        };
    }

    public void Dispose()
    {
        Step.Dispose();
        _sum.Dispose();
        Ranks?.Dispose();
        Clip?.Dispose();
        Optimizer.Dispose();
        Spectra?.Dispose();
        if (_ownsTask)
        {
            Task.Dispose();
        }
    }

    /// <summary>Whether no weight and no buffer that is saved is infinite or not a number.</summary>
    public unsafe bool WeightsAreFinite() => Reductions.AllFinite(Task.Team, Task.Parameters.Weights, Task.Parameters.Length)
        && Task.Parameters.Buffers.All(buffer => !buffer.IsSaved || buffer.Values.Span.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) < 0);
}
