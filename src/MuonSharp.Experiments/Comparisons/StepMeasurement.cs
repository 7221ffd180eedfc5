using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Times the steps of several optimizers side by side: rounds in which each in turn does some steps of the same model.</summary>
/// <remarks>
/// <para>On a machine that does other work as well, times of different minutes do not compare; turns that follow each other do. So ratios
/// are taken within a round, and of all rounds the median.</para>
/// <para>All optimizers step one model, which every turn takes up at its first weights; each has its own state. One step of a turn goes
/// before those that count. Memory: the model, one batch's activations, and every optimizer's state.</para>
/// </remarks>
public sealed class StepMeasurement : IDisposable
{
    private readonly StepMeasurementOptions _options;
    private readonly ITrainingTask _task;
    private readonly List<IDisposable> _owned = [];
    private readonly GradientTree _tree;
    private readonly List<Contestant> _contestants = [];
    private readonly float[][] _weights;
    private readonly long _units;
    private readonly TimeProvider _time;

    /// <summary>Prepares the measurement; nothing is timed yet.</summary>
    /// <param name="configs">A label and a configuration for each optimizer; they differ in <c>optimizer.*</c> and <c>qkClip.*</c> alone.</param>
    /// <param name="options">Rounds and steps; null: the usual ones.</param>
    /// <param name="surroundings">Clock, and what reads pictures; null: the system's clock.</param>
    /// <exception cref="ArgumentException">There is none, or they differ in more.</exception>
    /// <exception cref="BadInputException">The data cannot be used.</exception>
    public StepMeasurement(IReadOnlyList<(string Label, TrainingConfig Config)> configs, StepMeasurementOptions? options = null, TrainerOptions? surroundings = null)
    {
        surroundings ??= new();
        (_options, _time) = (options ?? new(), surroundings.Time);
        if (configs.Count == 0 || configs.Any(pair => !SameWork(pair.Config, configs[0].Config)))
        {
            throw new ArgumentException("[measure] configurations are one or more and differ in their optimizers alone; others came");
        }

        TrainingConfig first = configs[0].Config;
        _task = ConfiguredTask.Of(first).Create(first, from: null, surroundings);
        _tree = new GradientTree(_task.Parameters, first.Train.MicroBatches, _task.Team);
        _owned.Add(_tree);
        try
        {
            _weights = [.. _task.Parameters.Parameters.Select(parameter => parameter.Weights.Span.ToArray())];
            _units = _task.UnitsPerMicroBatch * first.Train.MicroBatches;
            foreach ((string label, TrainingConfig config) in configs)
            {
                _contestants.Add(new(label, Prepare(config)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Threads that compute.</summary>
    public int Threads => _task.Team.Threads;

    /// <summary>Times all rounds.</summary>
    /// <param name="round">Called after each round with its number; null: nobody.</param>
    /// <param name="cancellation">Asks to stop after the turn that is going on.</param>
    /// <returns>A timing for each optimizer, in their order.</returns>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public IReadOnlyList<StepTiming> Run(Action<int>? round = null, CancellationToken cancellation = default)
    {
        foreach (Contestant contestant in _contestants)
        {
            Turn(contestant, _options.WarmUp, record: false, cancellation);
        }

        const int LeastRounds = 3;
        long start = _time.GetTimestamp();
        for (int i = 1; i <= _options.Rounds && (i <= LeastRounds || _time.GetElapsedTime(start) < _options.Enough); i++)
        {
            foreach (Contestant contestant in _contestants)
            {
                Turn(contestant, _options.Steps, record: true, cancellation);
            }

            round?.Invoke(i);
        }

        return [.. _contestants.Select(contestant => contestant.Timing(_contestants[0], _units))];
    }

    /// <summary>Frees model, optimizers and threads.</summary>
    public void Dispose()
    {
        _owned.ForEach(owned => owned.Dispose());
        _task.Dispose();
    }

    private static bool SameWork(TrainingConfig config, TrainingConfig first) =>
        config.Model == first.Model && config.Image == first.Image && config.Data == first.Data && config.Train == first.Train;

    private TrainingStep Prepare(TrainingConfig config)
    {
        RoutedOptimizer optimizer = new(_task.Parameters, ConfiguredTask.Of(config).Routes(config, _task), OptimizerKinds.StepOptions(config), _task.Team);
        _owned.Add(optimizer);
        QkClip? clip = _task.AttentionHeads.Count > 0 && config.QkClip.EffectiveTau(config.Model) is { } tau ? new QkClip(_task.AttentionHeads, tau) : null;
        if (clip is not null)
        {
            _owned.Add(clip);
        }

        return new TrainingStep(_task, optimizer, clip, _tree, _time);
    }

    private void Turn(Contestant contestant, int steps, bool record, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        for (int i = 0; i < _weights.Length; i++)
        {
            _weights[i].CopyTo(_task.Parameters.Parameters[i].Weights.Span);
        }

        contestant.Step();
        (TimeSpan whole, TimeSpan optimizer) = (TimeSpan.Zero, TimeSpan.Zero);
        for (int i = 0; i < steps; i++)
        {
            (TimeSpan step, TimeSpan part) = contestant.Step();
            (whole, optimizer) = (whole + step, optimizer + part);
        }

        if (record)
        {
            contestant.Add(whole / steps, optimizer / steps);
        }
    }

    /// <summary>An optimizer with its steps so far.</summary>
    private sealed class Contestant(string label, TrainingStep step)
    {
        private readonly List<double> _whole = [];
        private readonly List<double> _optimizer = [];
        private long _done;

        public (TimeSpan Whole, TimeSpan Optimizer) Step()
        {
            step.Run(++_done);
            return (step.Elapsed, step.OptimizerElapsed);
        }

        public void Add(TimeSpan whole, TimeSpan optimizer)
        {
            _whole.Add(whole.TotalMilliseconds);
            _optimizer.Add(optimizer.TotalMilliseconds);
        }

        public StepTiming Timing(Contestant first, long units)
        {
            double milliseconds = Median(_whole);
            return new(label, milliseconds, Median(_optimizer), Median([.. _whole.Zip(first._whole, (own, its) => own / its)]), units / milliseconds * 1000, _whole);
        }

        private static double Median(List<double> values)
        {
            double[] sorted = [.. values.Order()];
            return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
        }
    }
}

/// <summary>How the steps of several optimizers are timed side by side.</summary>
public sealed record StepMeasurementOptions
{
    /// <summary>Most rounds; in each one every optimizer has its turn. Odd, so that there is a middle one.</summary>
    public int Rounds { get; init; } = 7;

    /// <summary>Timed steps of a turn: a multiple of ten, so that every turn of SOAP and Shampoo holds as many renewals of their preconditioners.</summary>
    public int Steps { get; init; } = 20;

    /// <summary>Steps of every optimizer before the first round.</summary>
    public int WarmUp { get; init; } = 20;

    /// <summary>No round starts after this time, but for the first three.</summary>
    public TimeSpan Enough { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The usual ones of networks of images, whose steps take a second and more.</summary>
    internal static StepMeasurementOptions Images { get; } = new() { Rounds = 5, Steps = 10, WarmUp = 2 };
}

/// <summary>What a step of one optimizer takes.</summary>
/// <param name="Label">The optimizer.</param>
/// <param name="StepMilliseconds">Median over the rounds of a whole step's mean time.</param>
/// <param name="OptimizerMilliseconds">The same of the optimizer's part.</param>
/// <param name="Ratio">Median over the rounds of the time of a step over that of the first optimizer's in the same round.</param>
/// <param name="UnitsPerSecond">Tokens or images of a step over <paramref name="StepMilliseconds"/>.</param>
/// <param name="Rounds">Mean time of a step in each round, in milliseconds.</param>
public sealed record StepTiming(
    string Label, double StepMilliseconds, double OptimizerMilliseconds, double Ratio, double UnitsPerSecond, IReadOnlyList<double> Rounds)
{
    /// <summary>The optimizer's share of the step, 0 to 1.</summary>
    public double OptimizerShare => OptimizerMilliseconds / StepMilliseconds;
}
