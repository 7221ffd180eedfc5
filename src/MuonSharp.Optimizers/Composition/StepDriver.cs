using System.Diagnostics;
using MuonSharp.Distributed;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One step of one or several optimizers: gate, clip, count, update, report.</summary>
/// <remarks>All gradients of all optimizers are inspected before any state changes. A skipped step advances the step number (the next
/// batch is another one) and nothing else. Clipping acts on raw gradients: each optimizer multiplies them with the factor as it reads them.</remarks>
internal sealed class StepDriver
{
    private const string StepCounter = "step";
    private const string SkippedCounter = "skipped_steps";
    private const string ConsecutiveCounter = "consecutive_skipped_steps";

    private readonly IReadOnlyList<Optimizer> _optimizers;
    private readonly StepOptions _options;
    private readonly WorkerTeam _team;
    private readonly GradientGate _gate;
    private readonly StepReport _report;
    private readonly ParameterSlot[] _slots;
    private readonly RankShare? _share;
    private readonly double[] _joined;
    private OptimizerProfile? _profile;

    /// <summary>A driver of optimizers whose parameters are apart.</summary>
    /// <param name="optimizers">Who updates, in order.</param>
    /// <param name="options">What holds for the whole step.</param>
    /// <param name="team">The workers.</param>
    /// <param name="parameters">All parameters in the order in which a report names them; null: the optimizers' own order.</param>
    public StepDriver(IReadOnlyList<Optimizer> optimizers, StepOptions options, WorkerTeam team, IReadOnlyList<Parameter>? parameters = null)
    {
        _optimizers = optimizers;
        _options = options;
        _team = team;
        _share = options.Share;
        _gate = new GradientGate(parameters ?? [.. optimizers.SelectMany(optimizer => optimizer.Parameters)], _share);
        _report = new StepReport([.. optimizers.SelectMany(optimizer => optimizer.Groups).Select(group => group.Report)]);
        _slots = [.. optimizers.SelectMany(optimizer => optimizer.Slots)];
        _joined = _share is null ? [] : new double[_slots.Sum(static slot => slot.Changes.Length) + (3 * _report.Groups.Count)];
    }

    public long Steps => _report.Step;

    public StepReport Step()
    {
        _report.Step++;
        long start = Now();
        _report.NonFiniteParameter = _gate.Inspect(_team, out double norm);
        _profile?.Gate.Finish(start);
        _report.GradientNorm = norm;
        _report.ClipFactor = !_report.Skipped && norm > _options.MaximumGradientNorm ? _options.MaximumGradientNorm.Value / norm : 1;
        if (!_report.Skipped && (norm * _report.ClipFactor > GradientGate.LargestNorm || _report.ClipFactor < GradientGate.SmallestClip))
        {
            (_report.NonFiniteParameter, _report.ClipFactor) = (_gate.Greatest(), 1);
        }

        var context = new StepContext(_report.Step, _options.TotalSteps, (float)_report.ClipFactor, _team);
        if (_report.Skipped)
        {
            _report.SkippedSteps++;
            _report.ConsecutiveSkippedSteps++;
        }
        else
        {
            _report.ConsecutiveSkippedSteps = 0;
        }

        for (int i = 0; i < _optimizers.Count; i++)
        {
            _optimizers[i].Begin(context);
            if (!_report.Skipped)
            {
                StageClock? clock = _profile?.Clocks[i];
                start = Now();
                _optimizers[i].Apply(context with { Clock = clock });
                clock?.Finish(start);
            }
        }

        if (!_report.Skipped)
        {
            _share?.GatherWeights();
            JoinReports();
        }

        return _report;
    }

    /// <summary>Sums up what the updates changed; of several ranks each knows its own part, and then all know all.</summary>
    private void JoinReports()
    {
        if (_share is not null)
        {
            Exchange(_joined, toReports: false);
            _share.Join(_joined);
            Exchange(_joined, toReports: true);
        }

        foreach (ParameterSlot slot in _slots)
        {
            slot.SumChanges();
        }
    }

    private void Exchange(Span<double> values, bool toReports)
    {
        foreach (ParameterSlot slot in _slots)
        {
            (toReports ? values[..slot.Changes.Length] : slot.Changes).CopyTo(toReports ? slot.Changes : values);
            values = values[slot.Changes.Length..];
        }

        for (int i = 0; i < _report.Groups.Count; i++)
        {
            GroupReport group = _report.Groups[i];
            if (toReports)
            {
                (group.MatricesOrthogonalized, group.PolesRaised, group.OrthogonalizationFallbacks) = ((int)values[0], (int)values[1], (int)values[2]);
            }
            else
            {
                (values[0], values[1], values[2]) = (group.MatricesOrthogonalized, group.PolesRaised, group.OrthogonalizationFallbacks);
            }

            values = values[3..];
        }
    }

    public OptimizerProfile StartProfile() => _profile = new OptimizerProfile(_optimizers, _team.Threads);

    public void StopProfile() => _profile = null;

    public IReadOnlyDictionary<string, long> SaveCounters()
    {
        var counters = new SortedDictionary<string, long>(StringComparer.Ordinal)
        {
            [StepCounter] = _report.Step,
            [SkippedCounter] = _report.SkippedSteps,
            [ConsecutiveCounter] = _report.ConsecutiveSkippedSteps,
        };
        foreach (ParameterSlot slot in _optimizers.SelectMany(optimizer => optimizer.Slots))
        {
            for (int matrix = 0; matrix < slot.MatrixCount; matrix++)
            {
                counters[slot.CounterOf(matrix)] = slot.CountOf(matrix);
            }
        }

        return counters;
    }

    public void LoadCounters(IReadOnlyDictionary<string, long> counters)
    {
        var expected = new HashSet<string>(SaveCounters().Keys, StringComparer.Ordinal);
        var problems = new OptionsProblems(0);
        foreach (string name in expected)
        {
            problems.Require(counters.ContainsKey(name), $"counter '{name}' is missing");
        }

        foreach ((string name, long value) in counters)
        {
            problems.Require(expected.Contains(name), $"counter '{name}' belongs to no parameter of this optimizer");
            problems.Require(value >= 0, $"counter '{name}' must be >= 0, not {value}");
        }

        problems.Throw("load counters");
        _report.Step = counters[StepCounter];
        _report.SkippedSteps = counters[SkippedCounter];
        _report.ConsecutiveSkippedSteps = counters[ConsecutiveCounter];
        foreach (ParameterSlot slot in _optimizers.SelectMany(optimizer => optimizer.Slots))
        {
            for (int matrix = 0; matrix < slot.MatrixCount; matrix++)
            {
                slot.SetCount(matrix, counters[slot.CounterOf(matrix)]);
            }
        }
    }

    /// <summary>The clock, if somebody wants to know.</summary>
    private long Now() => _profile is null ? 0 : Stopwatch.GetTimestamp();
}

/// <summary>What holds for a whole step, whatever the optimizers: the length of the run and the clipping of gradients.</summary>
public sealed record StepOptions
{
    /// <summary>Steps of the whole run, for schedules that end; 0 (the default) when there is no end.</summary>
    public long TotalSteps { get; init; }

    /// <summary>Greatest global norm of the raw gradients, &gt; 0; above it all of them are scaled down together. Null (the default): no clipping.</summary>
    public double? MaximumGradientNorm { get; init; }

    /// <summary>The ranks that share the work: each updates what it owns (<see cref="Optimizers.Ownership"/>), then all have all weights. Null (the default), or of one rank: this process alone.</summary>
    /// <remarks>Gradients must be added up before a step, by a <see cref="GradientExchange"/>. All ranks step together, with the same parameters, groups and options.</remarks>
    public ICollectives? Collectives { get; init; }

    /// <summary>Who looks at matrices while they are stepped. Null (the default): nobody.</summary>
    public IStepObserver? Observer { get; init; }

    /// <summary>This rank's part, known once there are groups.</summary>
    internal RankShare? Share { get; init; }

    internal void Collect(OptionsProblems problems)
    {
        problems.Require(TotalSteps >= 0, $"total steps must be >= 0, not {TotalSteps}");
        problems.Require(MaximumGradientNorm is null or > 0, $"the maximum gradient norm must be > 0, not {MaximumGradientNorm}");
    }
}
