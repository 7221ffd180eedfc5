using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What every optimizer's options have, and how they make their optimizer. A record: <c>options with { WeightDecay = 0.1 }</c> is how groups differ.</summary>
/// <remarks>An optimizer of one's own derives its options from this record, or from <see cref="ElementwiseOptions{TRule, TOptions}"/> when it treats every element alike.</remarks>
public abstract record OptimizerOptions
{
    /// <summary>Options with a learning rate of the optimizer's own by default.</summary>
    /// <param name="learningRate">The default.</param>
    protected OptimizerOptions(double learningRate) => LearningRate = learningRate;

    /// <summary>The optimizer's name in reports, in state tensors and on the command line.</summary>
    public abstract string OptimizerName { get; }

    /// <summary>Step size, &gt;= 0, a number or a schedule. Its unit is the optimizer's own.</summary>
    public Schedule LearningRate { get; init; }

    /// <summary>Decoupled decay: each step takes learning rate times this share of the weight; &gt;= 0, a number or a schedule, default 0.</summary>
    public Schedule WeightDecay { get; init; } = 0;

    /// <summary>What a step does with a parameter that has no gradient; default: skip it.</summary>
    public MissingGradient MissingGradient { get; init; } = MissingGradient.Skip;

    /// <summary>Whether the optimizer steps a tensor as the matrices of its layout (Muon) or element by element (AdamW).</summary>
    public virtual bool SplitsMatrices => false;

    /// <summary>Whether the update of an element depends on that element alone, so that several ranks may each update a part of a parameter. Default: no.</summary>
    public virtual bool UpdatesByElement => false;

    /// <summary>Whether the optimizer makes the updates of matrices orthogonal.</summary>
    public virtual bool Orthogonalizes => false;

    /// <summary>The factor by shape that the learning rate is meant with; null (the default): there is none, the rate is the same for all shapes.</summary>
    public virtual UpdateScale? ShapeFactor => null;

    /// <summary>What makes the update, in a few words for plans; empty by default.</summary>
    public virtual string Details => string.Empty;

    /// <summary>What becomes <see cref="StepValues.Momentum"/> (a momentum, Adam's beta1); null (the default): there is none.</summary>
    protected internal virtual Schedule? MomentumSchedule => null;

    /// <summary>Why a hidden matrix goes to this optimizer, in a few words for the routing table.</summary>
    protected internal virtual string MatrixReason => "hidden matrix, stepped element by element";

    /// <summary>Makes the optimizer over groups that all have options of this kind.</summary>
    /// <param name="groups">At least one, each with options of its own.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: a team of the optimizer's own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    public abstract Optimizer CreateOptimizer(IReadOnlyList<ParameterGroup> groups, StepOptions? step = null, WorkerTeam? team = null);

    /// <summary>Makes the optimizer over parameters that share these options.</summary>
    /// <param name="parameters">At least one.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: a team of the optimizer's own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options or parameters are wrong; all problems are named.</exception>
    public Optimizer Create(IEnumerable<Parameter> parameters, StepOptions? step = null, WorkerTeam? team = null) =>
        CreateOptimizer([new ParameterGroup(OptimizerName, [.. parameters], this)], step, team);

    /// <summary>Everything that is wrong with these options; empty when they are right.</summary>
    /// <param name="totalSteps">Steps of the whole run, 0 when there is no end.</param>
    public IReadOnlyList<string> Problems(long totalSteps = 0)
    {
        var problems = new OptionsProblems(totalSteps);
        Validate(problems);
        return problems.Messages;
    }

    /// <summary>Adds the problems of these options; an override calls the base.</summary>
    /// <param name="problems">Where they go.</param>
    protected internal virtual void Validate(OptionsProblems problems)
    {
        problems.Schedule("learning rate", LearningRate, double.PositiveInfinity);
        problems.Schedule("weight decay", WeightDecay, double.PositiveInfinity);
        problems.Require(Enum.IsDefined(MissingGradient), $"missing gradient must be Skip, Zero or ZeroWithoutDecay, not {MissingGradient}");
    }

    /// <summary>Adds what makes a parameter unfit for this optimizer; default: nothing does.</summary>
    /// <param name="parameter">A parameter of a group with these options.</param>
    /// <param name="problems">Where they go.</param>
    protected internal virtual void ValidateFor(Parameter parameter, OptionsProblems problems)
    {
    }

    /// <summary>The states that the optimizer will allocate for some groups of its kind, for plans of memory.</summary>
    /// <param name="groups">Groups whose options are of this kind; the parameters' memory need not exist.</param>
    protected internal abstract IEnumerable<StateCost> StatesOf(IReadOnlyList<ParameterGroup> groups);

    /// <summary>Floats of scratch that the optimizer will allocate; default 0.</summary>
    /// <param name="groups">Groups whose options are of this kind.</param>
    /// <param name="threads">Workers of its team.</param>
    protected internal virtual long ScratchLengthOf(IReadOnlyList<ParameterGroup> groups, int threads) => 0;

    /// <summary>FLOPs of a step for one matrix, elementwise passes left out; what is not done every step is spread over the steps. Default 0.</summary>
    /// <param name="matrix">The matrix.</param>
    protected internal virtual double FlopsOf(in MatrixSlice matrix) => 0;

    /// <summary>The independent matrices of a parameter under this optimizer, 0 when it knows none.</summary>
    internal int MatricesOf(Parameter parameter) => SplitsMatrices ? parameter.Matrices.Length : 0;
}

/// <summary>What a step does with a parameter that has no gradient this time.</summary>
public enum MissingGradient
{
    /// <summary>Nothing: no decay, no count (torch, Moonlight).</summary>
    Skip,

    /// <summary>It counts as a gradient of zero: momentum, decay and the step count go on (KellerJordan/Muon).</summary>
    Zero,

    /// <summary>It counts as a gradient of zero, but the weights do not decay in that step (NorMuon).</summary>
    ZeroWithoutDecay,
}
