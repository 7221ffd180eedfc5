using MuonSharp.Nn;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>How many threads each run of an experiment computes with. They change no bit, so only time depends on it.</summary>
/// <remarks>
/// <para>Threads that share a small step mostly wait for each other, so such a run has one thread and several runs go on at once: a run has a thread for every
/// <see cref="FlopsOfThread"/> of its step, at most all, and where there are fewer runs than threads none is left idle.</para>
/// <para>Two runs at once on a thread each, against one after the other on two threads (Zen 5, 29 November 2026): 1.06 times as fast at 0.5 GFLOP a step (nanogpt-cpu with width 64 and 2 layers),
/// 1.05 times at 4 (nanogpt-cpu). Runs one after the other take less memory, so larger ones do.</para>
/// <para>Runs of images have all threads: their steps are large, and each run holds its images.</para>
/// </remarks>
internal sealed class ThreadRule
{
    /// <summary>FLOPs of a step, forward and backward, that are worth a thread of its own.</summary>
    public const double FlopsOfThread = 2e9;

    private readonly Dictionary<(ModelSection, long), double> _known = [];
    private readonly int? _parallel;
    private readonly int _threads;
    private readonly Lazy<TrainingPlan>? _first;

    /// <param name="parallel">Runs that are to go on at once; null: as many as their size makes sensible.</param>
    /// <param name="first">The configuration of a run.</param>
    /// <param name="threads">Threads of all runs together.</param>
    public ThreadRule(int? parallel, TrainingConfig first, int threads)
    {
        (_parallel, _threads) = (parallel, threads);
        _first = first.Image.Network is null ? new(() => TrainingPlan.Of(first)) : null;
    }

    /// <summary>Threads that are given out: more than there are where more runs at once are asked for.</summary>
    public int Slots => _parallel is { } wanted ? wanted * Math.Max(1, _threads / wanted) : _threads;

    /// <summary>Threads of a run.</summary>
    /// <param name="config">Its configuration.</param>
    /// <param name="runs">How many runs there are.</param>
    public int Of(TrainingConfig config, int runs) => _parallel is { } wanted ? Math.Max(1, _threads / Math.Min(wanted, runs))
        : _first is null ? _threads
        : Of(Flops(config), _threads, runs);

    /// <summary>Threads of each of some runs that take as long as each other: where the last ones are fewer than can go on at once, they share what there is.</summary>
    /// <param name="config">The configuration of one.</param>
    /// <param name="runs">How many there are.</param>
    public IReadOnlyList<int> OfAlike(TrainingConfig config, int runs)
    {
        int each = Of(config, runs);
        int last = runs % Math.Max(1, Slots / each);
        return [.. Enumerable.Range(1, runs).Select(number => number <= runs - last ? each : Math.Max(each, _threads / last))];
    }

    /// <summary>Threads of a run whose steps take so many FLOPs.</summary>
    public static int Of(double flops, int threads, int runs) => Math.Clamp(Math.Max((int)Math.Min(Math.Ceiling(flops / FlopsOfThread), threads), threads / runs), 1, threads);

    /// <summary>A configuration with its seed and threads; where the latter are all that there are, they stay as they were given.</summary>
    public TrainingConfig Configure(TrainingConfig config, ulong seed, int threads) =>
        config with { Train = config.Train with { Seed = seed, Threads = threads == _threads ? config.Train.Threads : threads } };

    /// <summary>FLOPs of all steps of a run, for estimates of time; of images the steps.</summary>
    public double Work(TrainingConfig config) => config.Train.Steps * (_first is null ? 1 : Flops(config));

    /// <summary>FLOPs of a step. A run that begins with weights has their model, whatever its point.</summary>
    private double Flops(TrainingConfig config)
    {
        if (config.Train.From is not null)
        {
            return _first!.Value.Step.Total;
        }

        (ModelSection Model, long Tokens) size = (config.Model, config.TokensPerStep);
        if (!_known.TryGetValue(size, out double flops))
        {
            ModelBlueprint model = new(LanguageModelConfigs.Create(config.Model, config.Model.Vocabulary ?? _first!.Value.Vocabulary));
            _known[size] = flops = StepArithmetic.Of(model.Config, model.Parameters, config.TokensPerStep).Total;
        }

        return flops;
    }
}
