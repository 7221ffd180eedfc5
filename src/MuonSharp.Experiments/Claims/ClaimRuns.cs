using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Trainings of a claim that differ in optimizer, learning rate, seed and length alone.</summary>
/// <remarks>They are those of a comparison: each optimizer by its recipe, the same first weights and batches for the same seed. They are evaluated at the end alone.</remarks>
internal sealed class ClaimRuns
{
    /// <summary>As small as it can be, where a claim says nothing else.</summary>
    private static readonly (string Key, string Value)[] s_quick =
    [
        ("model.layers", "1"), ("model.context", "16"), ("data.tokenizer", "character"), ("train.batch", "2"), ("train.accumulation", "1"), ("train.steps", "8"),
        ("optimizer.schedule.warmup", "2"),
    ];

    private static readonly (string Key, string Value)[] s_quickOfImages = [("image.epochs", "1"), ("image.widths", "4,8,8"), ("train.batch", "4")];

    private readonly ClaimWork _work;
    private readonly string _group;
    private readonly string _preset;
    private readonly KeyValuePair<string, string>[] _settings;
    private readonly TrainingConfig _full;
    private readonly Dictionary<(ComparisonTask Task, int Seed), ComparisonRun> _done = [];

    public ClaimRuns(ClaimWork work, string group, string preset, IEnumerable<(string Key, string Value)> settings)
    {
        (_work, _group, _preset) = (work, group, preset);
        bool images = new TrainingConfigBuilder().UsePreset(preset).Build().Image.Network is not null;
        _settings =
        [
            .. settings.Concat(!work.Quick ? [] : images ? s_quickOfImages : s_quick).Select(pair => KeyValuePair.Create(pair.Key, pair.Value)),
            .. work.Options.Settings,
        ];
        TrainingConfig start = Options("adamw", []).BaseConfig();
        ConfiguredTask task = ConfiguredTask.Of(start);
        TaskData data = task.Describe(start, work.Options.Surroundings);
        (_full, UnitsPerStep) = (task.WithSteps(start, data.Steps), data.UnitsPerStep);
    }

    /// <summary>Steps of a full run.</summary>
    public int Steps => _full.Train.Steps;

    /// <summary>Tokens or images of a step.</summary>
    public long UnitsPerStep { get; }

    /// <summary>The configuration of a run.</summary>
    public TrainingConfig Config(string optimizer, double rate, int seed = 1, int percent = 100)
    {
        OptimizerChoice choice = OptimizerChoice.Parse(optimizer);
        int steps = StepsOf(percent);
        ComparisonOptions options = Options(optimizer, [new("train.seed", $"{seed}"), new("evaluate.every", $"{steps}")], rate);
        return new ComparisonEntry(options, choice, _full).Config(rate, steps);
    }

    /// <summary>The rate that an optimizer's sweep has in its middle by its recipe.</summary>
    public double Middle(string optimizer) => new ComparisonEntry(Options(optimizer, []), OptimizerChoice.Parse(optimizer), _full).LearningRates[0];

    /// <summary>Trains a run, or takes it as an earlier call has left it.</summary>
    /// <param name="optimizer">The optimizer, as <see cref="OptimizerChoice.Parse"/> reads it.</param>
    /// <param name="rate">Its learning rate.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="percent">Its length in percent of a full one.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; a checkpoint has been written.</exception>
    public async Task<ComparisonRun> TrainAsync(string optimizer, double rate, int seed, int percent = 100)
    {
        ComparisonTask task = new(optimizer, ComparisonPurpose.Sweep, rate, StepsOf(percent), percent);
        if (_done.TryGetValue((task, seed), out ComparisonRun? run))
        {
            return run;
        }

        _work.Cancellation.ThrowIfCancellationRequested();
        TrainingConfig config = Config(optimizer, rate, seed, percent);
        _work.Tell(new ClaimRunStarted(_group, task, seed, Path.Combine(FolderOf(seed), task.FolderName), config));
        TrainedRuns runs = new("reproduce", FolderOf(seed), _work.Options.Surroundings);
        TrainedRun? there = runs.Find(task.FolderName, config);
        run = new(task, there
            ?? await runs.TrainAsync(task.FolderName, config, _ => { }, happened => _work.Tell(new ClaimRunProgress(_group, task, seed, happened)), _work.Cancellation)
            ?? throw new OperationCanceledException(_work.Cancellation));
        _done[(task, seed)] = run;
        _work.Tell(new ClaimRunFinished(_group, run, seed, WasThere: there is not null));
        return run;
    }

    /// <summary>The same run under several seeds.</summary>
    public async Task<ComparisonRun[]> TrainAsync(string optimizer, double rate, IEnumerable<int> seeds, int percent = 100)
    {
        List<ComparisonRun> runs = [];
        foreach (int seed in seeds)
        {
            runs.Add(await TrainAsync(optimizer, rate, seed, percent));
        }

        return [.. runs];
    }

    /// <summary>Runs at three rates, each twice its neighbour, and at further ones while the best is at an edge; a quick one tries two.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="middle">The rate in the middle of the first three.</param>
    /// <param name="seeds">The seeds; their mean loss counts.</param>
    /// <param name="percent">The length of the runs in percent of a full one.</param>
    public Task<ClaimSweep> SweepAsync(string optimizer, double middle, int[] seeds, int percent = 100) =>
        SweepAsync(middle, rate => TrainAsync(optimizer, rate, seeds, percent));

    /// <summary>Full runs in which both rates are swept, for every optimizer in the same way: first that of the hidden matrices (of everything, where the recipe has one rate), then at the best one that of the rest.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="middle">The rate of the hidden matrices in the middle of the first three; that of the rest is the preset's, or where there is one rate the best of the first sweep.</param>
    /// <param name="seeds">The seeds; their mean loss counts.</param>
    public async Task<ClaimTuning> TuneAsync(string optimizer, double middle, params int[] seeds)
    {
        bool oneRate = OptimizerDescriptors.Find(OptimizerChoice.Parse(optimizer).Name)!.Recipe.OneRate;
        string start = oneRate ? optimizer : Choice(optimizer, middle, _full.Optimizer.Auxiliary.LearningRate);
        ClaimSweep rates = await SweepAsync(start, middle, seeds);
        double rest = oneRate ? rates.Best : _full.Optimizer.Auxiliary.LearningRate;
        ClaimSweep rests = await SweepAsync(rest, tried => TrainAsync(Choice(optimizer, rates.Best, tried), rates.Best, seeds));
        return new(Choice(optimizer, rates.Best, rests.Best), start, rates, rests);
    }

    /// <summary>An optimizer with a rate for what is no hidden matrix: without a setting of its own where it has that one anyway.</summary>
    private string Choice(string optimizer, double rate, double rest) =>
        Config(optimizer, rate).Optimizer.Auxiliary.LearningRate == rest ? optimizer : $"{optimizer}:auxiliary.learningRate={LearningRateSweep.Text(rest)}";

    private async Task<ClaimSweep> SweepAsync(double middle, Func<double, Task<ComparisonRun[]>> train)
    {
        LearningRateSweep sweep = new(_work.Quick ? [middle, middle / LearningRateSweep.Factor] : LearningRateSweep.Around(middle), extends: !_work.Quick);
        SortedDictionary<double, double> losses = [];
        while (sweep.Next is { } rate)
        {
            losses[rate] = (await train(rate)).Average(run => run.FinalLoss);
            sweep.Report(losses[rate]);
        }

        return new([.. losses.Select(pair => (pair.Key, pair.Value))], sweep.BestAtEdge);
    }

    /// <summary>The lines of a run's steps.</summary>
    public IReadOnlyList<StepLine> StepsOf(ComparisonRun run, int seed)
    {
        List<StepLine> steps = [];
        using MetricsReader reader = new(new RunFolder(Path.Combine(FolderOf(seed), run.Folder)).MetricsPath, "reproduce");
        while (reader.Next(out string? problem) is var line && (line is not null || problem is not null))
        {
            steps.AddRange(line is StepLine step ? [step] : []);
        }

        return steps;
    }

    private int StepsOf(int percent) => (int)Math.Max(1, Math.Round(Steps * percent / 100.0, MidpointRounding.AwayFromZero));

    private string FolderOf(int seed) => Path.Combine(_work.Folder, _group, $"seed{seed}");

    private ComparisonOptions Options(string optimizer, IEnumerable<KeyValuePair<string, string>> more, double? rate = null) => new()
    {
        Optimizers = [OptimizerChoice.Parse(optimizer)],
        Preset = _preset,
        Settings = [.. _settings, .. more],
        LearningRates = rate is { } given ? new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { [optimizer] = [given] } : new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal),
    };
}
