using System.Diagnostics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>One step: micro-batches forward and backward, their gradients added in a tree, update. After the first one it allocates nothing on the managed heap.</summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly ITrainingTask _task;
    private readonly RoutedOptimizer _optimizer;
    private readonly QkClip? _clip;
    private readonly (int Layer, int Head)[] _heads;
    private readonly float[] _maxima;
    private readonly IGradientSum _sum;
    private readonly double[] _losses;
    private readonly TimeProvider _time;
    private readonly TrainingRanks? _ranks;
    private readonly RankStatistics? _statistics;
    private readonly GradientExchange? _exchange;
    private bool _runs;

    public TrainingStep(ITrainingTask task, RoutedOptimizer optimizer, QkClip? clip, IGradientSum sum, TimeProvider time, TrainingRanks? ranks = null)
    {
        (_task, _optimizer, _clip, _sum, _time, _ranks, _exchange) = (task, optimizer, clip, sum, time, ranks, sum as GradientExchange);
        _losses = new double[sum.Leaves];
        _statistics = ranks is null ? null : new RankStatistics(task.RunStatistics, ranks.Collectives, sum.Leaves);
        _heads = [.. task.AttentionHeads.SelectMany((layer, number) => Enumerable.Range(0, layer.Heads).Select(head => (number, head)))];
        _maxima = new float[_heads.Length];
    }

    /// <summary>Called between backward and update with the parameters and the step: where tests plant what a gradient should not be.</summary>
    public Action<ParameterStore, long>? GradientHook { get; set; }

    /// <summary>Mean loss of the last step's micro-batches, in the unit of the task's loss.</summary>
    public double Loss { get; private set; }

    /// <summary>Greatest attention logit of the last step; minus infinity without attention.</summary>
    public double MaximumLogit { get; private set; }

    /// <summary>Heads that the last step's clip scaled down.</summary>
    public int ClippedHeads { get; private set; }

    /// <summary>Number of heads, over all layers.</summary>
    public int HeadCount => _maxima.Length;

    /// <summary>Where the time goes; null when nobody wants to know.</summary>
    public TrainingProfile? Profile { get; set; }

    /// <summary>What the optimizer did in the last step.</summary>
    public StepReport Report { get; private set; } = null!;

    /// <summary>Time of the last step.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The optimizer's part of the time.</summary>
    public TimeSpan OptimizerElapsed { get; private set; }

    /// <summary>What talking to the other ranks took of it; null in one process.</summary>
    public ExchangeTimes? Exchange { get; private set; }

    /// <summary>Does a step.</summary>
    /// <param name="step">Its number, from 1: the position in the data and in every stream of random numbers.</param>
    /// <param name="stop">Whether this process was asked to stop, which its fellow ranks should know.</param>
    public void Run(long step, bool stop = false)
    {
        _ranks?.BeginStep(step);
        long began = Profile is null ? 0 : Stopwatch.GetTimestamp();
        long start = _time.GetTimestamp();
        ExchangeTimes before = Talked();
        Array.Clear(_losses);
        Array.Fill(_maxima, float.NegativeInfinity);
        _sum.Reset();
        if (_runs)
        {
            // The last step ended early; what its forward runs have counted counts for nothing.
            _task.AfterStep(skipped: true);
        }

        _runs = true;
        for (int micro = _sum.First; micro < _sum.End; micro++)
        {
            _task.Parameters.ZeroGradients();
            _losses[micro] = _sum.FinalIn(micro) is { } final ? _task.Run(step, micro, 1f / _sum.Leaves, final) : _task.Run(step, micro, 1f / _sum.Leaves);
            _statistics?.Keep(micro);
            _sum.Add(micro);
            Measure(_task.MaximumLogits);
        }

        _ranks?.Share(_losses, _maxima, stop);
        _ranks?.Share(_task.StepCounts);
        _statistics?.Share();
        double loss = 0;
        foreach (double one in _losses)
        {
            loss += one;
        }

        Loss = loss / _losses.Length;
        GradientHook?.Invoke(_task.Parameters, step);
        long middle = _time.GetTimestamp();
        Report = _optimizer.Step();
        Clip();
        _task.AfterStep(Report.Skipped);
        _runs = false;
        long end = _time.GetTimestamp();
        (Elapsed, OptimizerElapsed) = (_time.GetElapsedTime(start, end), _time.GetElapsedTime(middle, end));
        Exchange = _exchange is null ? null : Talked() - before;
        Profile?.AddStep(began);
    }

    /// <summary>Leaves the task as one that is trained alone.</summary>
    public void Dispose() => _statistics?.Dispose();

    /// <summary>A profile of this step's operations and optimizer.</summary>
    public TrainingProfile StartProfile() => new(_task.StartProfile(), _optimizer.StartProfile());

    /// <summary>What the last step measured of a head, and what the clip did to it.</summary>
    /// <param name="index">The head, counted through all layers.</param>
    public HeadClip Head(int index)
    {
        if (_clip is not null)
        {
            return _clip.Report[index];
        }

        (int layer, int head) = _heads[index];
        return new HeadClip(layer, head, _maxima[index], Factor: 1, AccumulatedFactor: 1, Clips: 0);
    }

    private ExchangeTimes Talked() => _exchange is null ? default : new(_exchange.Busy, _exchange.Waited, _optimizer.Gathered);

    private void Measure(ReadOnlySpan<float> logits)
    {
        for (int head = 0; head < _maxima.Length; head++)
        {
            _maxima[head] = MathF.Max(_maxima[head], logits[head]);
        }
    }

    /// <summary>After the update, by the logits of this step's own forward passes.</summary>
    private void Clip()
    {
        float maximum = float.NegativeInfinity;
        foreach (float head in _maxima)
        {
            maximum = MathF.Max(maximum, head);
        }

        MaximumLogit = maximum;
        _clip?.Observe(_maxima);
        ClippedHeads = _clip?.Apply(Report.Skipped).ClippedHeads ?? 0;
    }
}

/// <summary>Makes the event of a step that was done.</summary>
internal static class StepEvents
{
    public static StepEvent Create(TrainingParts parts, RunState state, TimeSpan remaining, ProcessMemory? memory)
    {
        TrainingStep step = parts.Step;
        StepReport report = step.Report;
        StepLine metrics = new(state.Step)
        {
            Unit = parts.Task.Unit,
            Units = state.Step * parts.UnitsPerStep,
            Loss = step.Loss,
            LearningRates = [.. report.Groups.Select(group => new GroupLearningRate(group.Name, group.LearningRate))],
            GradientNorm = report.GradientNorm,
            UpdateRms = report.UpdateRms,
            MaximumLogit = step.MaximumLogit,
            ClippedHeads = step.ClippedHeads,
            Heads = [.. Enumerable.Range(0, step.HeadCount).Select(step.Head)],
            StepMilliseconds = step.Elapsed.TotalMilliseconds,
            OptimizerMilliseconds = step.OptimizerElapsed.TotalMilliseconds,
            Exchange = step.Exchange,
            UnitsPerSecond = parts.UnitsPerStep / step.Elapsed.TotalSeconds,
            Groups = [.. report.Groups.Select(GroupStep.Of)],
            Memory = memory,
        };
        return new StepEvent(metrics)
        {
            TotalSteps = parts.Settings.Steps,
            SmoothedLoss = state.SmoothedLoss,
            Remaining = remaining,
        };
    }
}
