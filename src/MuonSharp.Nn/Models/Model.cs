using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>What layers have declared, with memory: the parameters of a network and what belongs to them.</summary>
/// <remarks>The layers know how to record themselves on a tape; the model holds what they record with. A tape of <see cref="NewTape"/> must be disposed of
/// before the model.</remarks>
public sealed class Model : IDisposable
{
    private readonly IStepRule[] _stepRules;
    private readonly bool _ownsTeam;
    private Memory<long>[]? _stepCounts;
    private bool _disposed;

    internal Model(ParameterStore parameters, IReadOnlyList<AttentionHeads> attentionHeads, IStepRule[] stepRules, IRunStatistics[] runStatistics, ulong seed, WorkerTeam team, bool ownsTeam) =>
        (Parameters, AttentionHeads, _stepRules, RunStatistics, Seed, Team, _ownsTeam) = (parameters, attentionHeads, stepRules, runStatistics, seed, team, ownsTeam);

    /// <summary>Weights, gradients and buffers, in the order of their declaration.</summary>
    public ParameterStore Parameters { get; }

    /// <summary>What makes the logits of each attention layer's heads, in the order of their declaration: what QK-clip scales.</summary>
    public IReadOnlyList<AttentionHeads> AttentionHeads { get; }

    /// <summary>Statistics that training runs move, in the order of their declaration: processes that share a step tell each other what their runs have left.</summary>
    public IReadOnlyList<IRunStatistics> RunStatistics { get; }

    /// <summary>Seed of the first weights, and of layers that draw numbers.</summary>
    public ulong Seed { get; }

    /// <summary>Workers of its tapes and of its optimizer.</summary>
    public WorkerTeam Team { get; }

    /// <summary>An empty tape for this model: record the layers on it, compile it, run it.</summary>
    /// <param name="training">Whether backward runs will follow.</param>
    /// <returns>The tape, owned by the caller.</returns>
    /// <exception cref="InvalidOperationException">Gradients are wanted of a model that was built without.</exception>
    public Tape NewTape(bool training)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return training && !Parameters.HasGradients
            ? throw new InvalidOperationException("[model] a training tape needs gradients; the model was built without")
            : new Tape(Team, training);
    }

    /// <summary>Does what layers do after a step, such as evening out the loads of experts. To be called once after each step of the optimizer, as a trainer does.</summary>
    /// <param name="skipped">Whether the step was skipped (<see cref="StepReport.Skipped"/>), or ended early.</param>
    public void AfterStep(bool skipped)
    {
        foreach (IStepRule rule in _stepRules)
        {
            rule.AfterStep(skipped);
        }
    }

    /// <summary>What the forward runs since the last step have counted, to be added up over processes that share a step before <see cref="AfterStep"/>.</summary>
    public IReadOnlyList<Memory<long>> StepCounts => _stepCounts ??= [.. _stepRules.Select(static rule => rule.Counts).Where(static counts => !counts.IsEmpty)];

    /// <summary>Frees the parameters, and the team if it is the model's own.</summary>
    public void Dispose()
    {
        _disposed = true;
        Parameters.Dispose();
        if (_ownsTeam)
        {
            Team.Dispose();
        }
    }
}

/// <summary>What a layer does after each step of the optimizer, with what its forward runs have counted.</summary>
public interface IStepRule
{
    /// <summary>Whole numbers that its forward runs have counted since the last step: processes that share a step add them up. Default: none.</summary>
    Memory<long> Counts => default;

    /// <summary>A step has ended; on the thread that trains.</summary>
    /// <param name="skipped">Whether it changed nothing: then neither does this, but forgets what it counted.</param>
    void AfterStep(bool skipped);
}
