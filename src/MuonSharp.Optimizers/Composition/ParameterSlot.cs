using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>A parameter within an optimizer: its group, and how many updates it has had.</summary>
internal sealed unsafe class ParameterSlot(Parameter parameter, int index, OptimizerGroup group)
{
    public Parameter Parameter { get; } = parameter;

    /// <summary>The slot's number in the optimizer, which is its place in every state buffer.</summary>
    public int Index { get; } = index;

    public OptimizerGroup Group { get; } = group;

    /// <summary>Updates so far: the t of bias corrections. A skipped step does not count.</summary>
    public long Count { get; set; }

    /// <summary>Whether this step updates the parameter.</summary>
    public bool Active { get; set; }

    /// <summary>The weight decay of this step: none where a missing gradient counts as zero but spares the weights.</summary>
    public double WeightDecay =>
        Parameter.HasGradient || Group.Options.MissingGradient != MissingGradient.ZeroWithoutDecay ? Group.Report.WeightDecay : 0;

    public float* Weights => Parameter.Weights.Address;

    /// <summary>The gradient, or null where a missing one counts as zero.</summary>
    public float* Gradient => Parameter.HasGradient ? Parameter.Gradient.Address : null;
}

/// <summary>What an update needs to know beyond its own options.</summary>
/// <param name="Step">The step's number, from 1.</param>
/// <param name="TotalSteps">Steps of the whole run, 0 when there is no end.</param>
/// <param name="GradientScale">What clipping multiplies every gradient with.</param>
/// <param name="Team">The workers.</param>
/// <param name="Clock">Takes the times of the update's stages; null when nobody wants them.</param>
internal readonly record struct StepContext(long Step, long TotalSteps, float GradientScale, WorkerTeam Team, StageClock? Clock = null);
