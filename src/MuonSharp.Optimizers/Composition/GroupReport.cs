namespace MuonSharp.Optimizers;

/// <summary>What a step did to one group of parameters.</summary>
public sealed class GroupReport
{
    internal GroupReport(string name, string optimizer, int parameters, long elements) =>
        (Name, Optimizer, Parameters, Elements) = (name, optimizer, parameters, elements);

    /// <summary>The group's name.</summary>
    public string Name { get; }

    /// <summary>The optimizer that steps the group.</summary>
    public string Optimizer { get; }

    /// <summary>Parameters in the group.</summary>
    public int Parameters { get; }

    /// <summary>Elements in the group.</summary>
    public long Elements { get; }

    /// <summary>The learning rate of this step.</summary>
    public double LearningRate { get; internal set; }

    /// <summary>The weight decay of this step.</summary>
    public double WeightDecay { get; internal set; }

    /// <summary>The momentum of this step (Adam's beta1), 0 for an optimizer without.</summary>
    public double Momentum { get; internal set; }

    /// <summary>Parameters that were updated: fewer than all when gradients are missing, 0 when the step was skipped.</summary>
    public int UpdatedParameters { get; internal set; }

    /// <summary>Elements that were updated.</summary>
    public long UpdatedElements { get; internal set; }

    /// <summary>Matrices that were orthogonalized, parts of fused tensors counted one by one.</summary>
    public int MatricesOrthogonalized { get; internal set; }

    /// <summary>Orthogonalizations that needed a larger pole (<see cref="OrthogonalizationOutcome.PoleRaised"/>).</summary>
    public int PolesRaised { get; private set; }

    /// <summary>Orthogonalizations that fell back to another method (<see cref="OrthogonalizationOutcome.FallBack"/>).</summary>
    public int OrthogonalizationFallbacks { get; private set; }

    /// <summary>Root mean square of the change of the updated elements, decay included.</summary>
    public double UpdateRms => UpdatedElements == 0 ? 0 : Math.Sqrt(UpdateSquares / UpdatedElements);

    /// <summary>Sum of the squared changes.</summary>
    internal double UpdateSquares { get; set; }

    internal void Clear() =>
        (UpdatedParameters, UpdatedElements, MatricesOrthogonalized, PolesRaised, OrthogonalizationFallbacks, UpdateSquares) = (0, 0, 0, 0, 0, 0);

    /// <summary>Counts one orthogonalized matrix.</summary>
    internal void Count(OrthogonalizationOutcome outcome)
    {
        MatricesOrthogonalized++;
        PolesRaised += outcome == OrthogonalizationOutcome.PoleRaised ? 1 : 0;
        OrthogonalizationFallbacks += outcome == OrthogonalizationOutcome.FallBack ? 1 : 0;
    }
}
