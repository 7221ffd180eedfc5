namespace MuonSharp.Optimizers;

/// <summary>What a step did: proof that the optimizers ran on what they were meant to. One object, rewritten by every step.</summary>
public sealed class StepReport
{
    /// <summary>A report of some groups, to be filled in by whoever steps them.</summary>
    /// <param name="groups">The groups' reports, in the optimizer's order.</param>
    public StepReport(IReadOnlyList<GroupReport> groups) => Groups = groups;

    /// <summary>The step's number, from 1, skipped steps included.</summary>
    public long Step { get; set; }

    /// <summary>True when a gradient was not finite or too large for float32: no weight and no state changed.</summary>
    public bool Skipped => NonFiniteParameter is not null;

    /// <summary>The first parameter (in the optimizer's order) whose gradient held a NaN or an infinity, or null. Where all are finite but their
    /// norm after clipping is above 1e19, so that squares would leave float32, the one that has most of it.</summary>
    public string? NonFiniteParameter { get; set; }

    /// <summary>Steps skipped so far.</summary>
    public long SkippedSteps { get; set; }

    /// <summary>Steps skipped without a good one in between, this one included.</summary>
    public long ConsecutiveSkippedSteps { get; set; }

    /// <summary>Global norm of the raw gradients before clipping; not finite when a gradient was not.</summary>
    public double GradientNorm { get; set; }

    /// <summary>What clipping multiplied the gradients with; 1 when it did nothing.</summary>
    public double ClipFactor { get; set; }

    /// <summary>The groups with their learning rates and what happened to them, in the optimizer's order.</summary>
    public IReadOnlyList<GroupReport> Groups { get; }

    /// <summary>Root mean square of the change over all updated elements, decay included; 0 when nothing was updated.</summary>
    public double UpdateRms
    {
        get
        {
            double squares = 0;
            long elements = 0;
            for (int i = 0; i < Groups.Count; i++)
            {
                squares += Groups[i].UpdateSquares;
                elements += Groups[i].UpdatedElements;
            }

            return elements == 0 ? 0 : Math.Sqrt(squares / elements);
        }
    }

    /// <summary>Matrices that were orthogonalized, over all groups.</summary>
    public int MatricesOrthogonalized
    {
        get
        {
            int count = 0;
            for (int i = 0; i < Groups.Count; i++)
            {
                count += Groups[i].MatricesOrthogonalized;
            }

            return count;
        }
    }

    /// <summary>Orthogonalizations that fell back to another method, over all groups.</summary>
    public int OrthogonalizationFallbacks
    {
        get
        {
            int count = 0;
            for (int i = 0; i < Groups.Count; i++)
            {
                count += Groups[i].OrthogonalizationFallbacks;
            }

            return count;
        }
    }

    /// <summary>Parameters that an optimizer updated in this step.</summary>
    /// <param name="optimizer">The optimizer's name, such as <c>muon</c>.</param>
    public int ParametersUpdatedBy(string optimizer)
    {
        int count = 0;
        for (int i = 0; i < Groups.Count; i++)
        {
            count += string.Equals(Groups[i].Optimizer, optimizer, StringComparison.Ordinal) ? Groups[i].UpdatedParameters : 0;
        }

        return count;
    }
}

/// <summary>What a step did to one group of parameters.</summary>
public sealed class GroupReport
{
    /// <summary>A report of one group, to be filled in by whoever steps it.</summary>
    /// <param name="name">The group's name.</param>
    /// <param name="optimizer">The optimizer that steps it.</param>
    /// <param name="parameters">Parameters in the group.</param>
    /// <param name="elements">Elements in the group.</param>
    public GroupReport(string name, string optimizer, int parameters, long elements) =>
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
    public double LearningRate { get; set; }

    /// <summary>The weight decay of this step.</summary>
    public double WeightDecay { get; set; }

    /// <summary>The momentum of this step (Adam's beta1), 0 for an optimizer without.</summary>
    public double Momentum { get; set; }

    /// <summary>Parameters that were updated: fewer than all when gradients are missing, 0 when the step was skipped.</summary>
    public int UpdatedParameters { get; set; }

    /// <summary>Elements that were updated.</summary>
    public long UpdatedElements { get; set; }

    /// <summary>Matrices that were orthogonalized, parts of fused tensors counted one by one.</summary>
    public int MatricesOrthogonalized { get; set; }

    /// <summary>Orthogonalizations that needed a larger pole (<see cref="OrthogonalizationOutcome.PoleRaised"/>).</summary>
    public int PolesRaised { get; set; }

    /// <summary>Orthogonalizations that fell back to another method (<see cref="OrthogonalizationOutcome.FallBack"/>).</summary>
    public int OrthogonalizationFallbacks { get; set; }

    /// <summary>Root mean square of the change of the updated elements, decay included.</summary>
    public double UpdateRms => UpdatedElements == 0 ? 0 : Math.Sqrt(UpdateSquares / UpdatedElements);

    /// <summary>Sum of the squared changes.</summary>
    public double UpdateSquares { get; set; }

    internal void Begin(in StepValues values)
    {
        (LearningRate, WeightDecay, Momentum) = (values.LearningRate, values.WeightDecay, values.Momentum);
        (UpdatedParameters, UpdatedElements, MatricesOrthogonalized, PolesRaised, OrthogonalizationFallbacks, UpdateSquares) = (0, 0, 0, 0, 0, 0);
    }

    /// <summary>Counts one orthogonalized matrix.</summary>
    internal void Count(OrthogonalizationOutcome outcome)
    {
        MatricesOrthogonalized++;
        PolesRaised += outcome == OrthogonalizationOutcome.PoleRaised ? 1 : 0;
        OrthogonalizationFallbacks += outcome == OrthogonalizationOutcome.FallBack ? 1 : 0;
    }
}
