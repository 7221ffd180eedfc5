using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>A parameter within an optimizer: its options and values of this step, and how many updates each of its matrices has had.</summary>
/// <remarks>Everything is known by matrix, because an expert that saw no token has no gradient while its neighbours have. A vector counts as one.</remarks>
public sealed unsafe class ParameterSlot
{
    private readonly OptimizerGroup _group;
    private readonly long[] _counts;
    private readonly bool[] _active;
    private readonly double[] _changes;

    internal ParameterSlot(Parameter parameter, int index, OptimizerGroup group, OwnedRange owned)
    {
        (Parameter, Index, _group, Owned) = (parameter, index, group, owned);
        _counts = new long[parameter.MatrixCount];
        _active = new bool[parameter.MatrixCount];
        _changes = new double[((parameter.Length - 1) / Ownership.Grain) + 1];
    }

    /// <summary>The parameter.</summary>
    public Parameter Parameter { get; }

    /// <summary>The slot's number in the optimizer, which is its place in every state buffer.</summary>
    public int Index { get; }

    /// <summary>The elements that this process updates: all, unless several ranks share the work.</summary>
    public OwnedRange Owned { get; }

    /// <summary>The options of the parameter's group.</summary>
    public OptimizerOptions Options => _group.Options;

    /// <summary>Number of matrices that are updated and counted alone; 1 for a vector.</summary>
    public int MatrixCount => _counts.Length;

    /// <summary>Whether all matrices are treated alike in this step: all with or all without a gradient, and as often updated.</summary>
    public bool IsUniform { get; private set; } = true;

    /// <summary>Whether this step updates any of the parameter.</summary>
    public bool Active { get; private set; }

    /// <summary>The first weight.</summary>
    public float* Weights => Parameter.Weights.Address;

    /// <summary>Whether this step updates a matrix.</summary>
    /// <param name="matrix">Its number in <see cref="Parameter.Matrices"/>; 0 for a vector.</param>
    public bool IsActive(int matrix) => _active[matrix];

    /// <summary>Updates of a matrix so far, this one included: the t of bias corrections. A skipped step does not count.</summary>
    /// <param name="matrix">Its number.</param>
    public long CountOf(int matrix) => _counts[matrix];

    /// <summary>The gradient of the whole tensor, or null where that of a matrix is missing and counts as zero.</summary>
    /// <param name="matrix">Its number.</param>
    public float* GradientOf(int matrix) => Parameter.HasGradientOf(matrix) ? Parameter.Gradient.Address : null;

    /// <summary>The values of this step for a matrix: without decay where a missing gradient counts as zero but spares the weights.</summary>
    /// <param name="matrix">Its number.</param>
    public StepValues ValuesOf(int matrix) => Options.MissingGradient == MissingGradient.ZeroWithoutDecay && !Parameter.HasGradientOf(matrix)
        ? _group.Values with { WeightDecay = 0 }
        : _group.Values;

    /// <summary>Adds what an update changed to the report.</summary>
    /// <param name="squares">The sum of the squared changes of weights.</param>
    public void ReportChange(double squares) => _changes[0] += squares;

    /// <summary>Says what the update of one grain changed (<see cref="Ownership.Grain"/>), so that the sum does not depend on who updated which.</summary>
    /// <param name="grain">Its number in the parameter.</param>
    /// <param name="squares">The sum of the squared changes of its weights.</param>
    internal void ReportChange(int grain, double squares) => _changes[grain] = squares;

    /// <summary>The squared changes of this step, of each grain that this process updated; 0 for the others.</summary>
    internal Span<double> Changes => _changes;

    /// <summary>Adds the changes to the group's report, in order.</summary>
    internal void SumChanges()
    {
        double sum = 0;
        foreach (double change in _changes)
        {
            sum += change;
        }

        _group.Report.UpdateSquares += sum;
    }

    /// <summary>Adds an orthogonalized matrix to the report.</summary>
    /// <param name="outcome">How it went.</param>
    public void ReportOrthogonalization(OrthogonalizationOutcome outcome) => _group.Report.Count(outcome);

    /// <summary>The counter under which a checkpoint keeps the count of a matrix.</summary>
    internal string CounterOf(int matrix) =>
        MatrixCount == 1 ? $"count/{Parameter.Name}" : $"count/{Parameter.Name}/{Parameter.Matrices[matrix].Name}";

    internal void SetCount(int matrix, long count) => _counts[matrix] = count;

    /// <summary>Counts what this step updates and tells the report.</summary>
    internal void Begin()
    {
        (Active, IsUniform) = (false, !Parameter.HasGradientInPart);
        Array.Clear(_changes);
        for (int i = 0; i < _counts.Length; i++)
        {
            _active[i] = Parameter.HasGradientOf(i) || (Options.MissingGradient != MissingGradient.Skip && !Parameter.IsMarkedByMatrix);
            if (_active[i])
            {
                Active = true;
                _counts[i]++;
                _group.Report.UpdatedElements += MatrixCount == 1 ? Parameter.Length : Parameter.Matrices[i].Length;
            }

            IsUniform &= _counts[i] == _counts[0];
        }

        _group.Report.UpdatedParameters += Active ? 1 : 0;
        if (Owned.Length == 0)
        {
            // Another rank's: it counts here too, and nothing is done.
            Active = false;
            Array.Clear(_active);
        }
    }
}

/// <summary>What schedules say for one step of one group: the only numbers over time that a rule may read.</summary>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="WeightDecay">The weight decay.</param>
/// <param name="Momentum">The momentum (Adam's beta1); 0 for an optimizer without.</param>
public readonly record struct StepValues(double LearningRate, double WeightDecay, double Momentum);

/// <summary>What an update needs to know beyond its own options.</summary>
/// <param name="Step">The step's number, from 1.</param>
/// <param name="TotalSteps">Steps of the whole run, 0 when there is no end.</param>
/// <param name="GradientScale">What clipping multiplies every gradient with.</param>
/// <param name="Team">The workers.</param>
public readonly record struct StepContext(long Step, long TotalSteps, float GradientScale, WorkerTeam Team)
{
    /// <summary>Takes the times of the update's stages; null when nobody wants them.</summary>
    internal StageClock? Clock { get; init; }
}
