using System.Diagnostics;
using MuonSharp.Numerics;
using MuonSharp.Training;

namespace MuonSharp.Cli.Bench;

/// <summary>Whole training steps on random tokens.</summary>
internal sealed class StepCase : BenchCase
{
    private readonly SyntheticTraining _training;
    private readonly string _optimizer;
    private readonly List<SyntheticStep> _steps = [];
    private readonly List<double> _forwardBackward = [];
    private readonly List<double> _optimizers = [];
    private readonly List<double> _shares = [];
    private double? _flops;

    public StepCase(string name, WorkerTeam team, StepModel model, OptimizerChoice optimizer)
        : this(name, new SyntheticTraining(model.Model, model.Batch, model.Time, optimizer, team, model.Recomputes), optimizer.Label)
    {
    }

    private StepCase(string name, SyntheticTraining training, string optimizer)
        : base(name, training) => (_training, _optimizer) = (training, optimizer);

    /// <summary>What the operations say of themselves, and the orthogonalizations.</summary>
    public override double Flops => _flops ??= _training.OptimizerFlops + Operations();

    /// <inheritdoc/>
    public override void Start() => _steps.Clear();

    /// <inheritdoc/>
    public override void Prepare() => _training.Draw();

    /// <inheritdoc/>
    public override void Run() => _steps.Add(_training.Step());

    /// <inheritdoc/>
    public override void EndRound(double peak)
    {
        var milliseconds = BenchRunner.Median([.. _steps.Select(step => step.ForwardBackward.TotalMilliseconds)]);
        _forwardBackward.Add(milliseconds);
        _shares.Add(_training.ModelFlops / milliseconds / 1e6 / peak);
        _optimizers.Add(BenchRunner.Median([.. _steps.Select(step => step.Optimizer.TotalMilliseconds)]));
        _steps.Clear();
    }

    /// <inheritdoc/>
    public override BenchResult Complete(BenchResult result)
    {
        using var process = Process.GetCurrentProcess();
        return result with
        {
            TokensPerSecond = _training.Tokens / result.Milliseconds * 1e3,
            Optimizer = _optimizer,
            OptimizerMilliseconds = BenchRunner.Median([.. _optimizers]),
            ForwardBackwardMilliseconds = BenchRunner.Median([.. _forwardBackward]),
            ForwardBackwardShareOfPeak = Math.Min(1, BenchRunner.Median([.. _shares])),
            NeededBytes = _training.NeededBytes,
            PeakMemoryBytes = process.PeakWorkingSet64,
        };
    }

    /// <summary>The last call of the warm-up, or one more: a step with the clock running, to be asked what it did.</summary>
    private double Operations()
    {
        var profile = _training.StartProfile();
        _training.Step();
        _training.StopProfile();
        return profile.Operations().Sum(operation => operation.Work.Flops);
    }
}
