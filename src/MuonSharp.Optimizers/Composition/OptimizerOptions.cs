namespace MuonSharp.Optimizers;

/// <summary>What every optimizer's options have. A record: <c>options with { WeightDecay = 0.1 }</c> is how groups differ.</summary>
public abstract record OptimizerOptions
{
    private protected OptimizerOptions(double learningRate) => LearningRate = learningRate;

    /// <summary>The optimizer's name in reports, in state tensors and on the command line.</summary>
    public abstract string OptimizerName { get; }

    /// <summary>Step size, &gt;= 0, a number or a schedule. Its unit is the optimizer's own.</summary>
    public Schedule LearningRate { get; init; }

    /// <summary>Decoupled decay: each step takes learning rate times this share of the weight; &gt;= 0, a number or a schedule, default 0.</summary>
    public Schedule WeightDecay { get; init; } = 0;

    /// <summary>What a step does with a parameter that has no gradient; default: skip it.</summary>
    public MissingGradient MissingGradient { get; init; } = MissingGradient.Skip;

    /// <summary>Whether the optimizer steps a tensor as the matrices of its layout (Muon) or element by element (AdamW).</summary>
    internal virtual bool SplitsMatrices => false;

    /// <summary>What the report calls the momentum; null: there is none.</summary>
    internal virtual Schedule? ReportedMomentum => null;

    /// <summary>What the optimizer costs; default: one float an element.</summary>
    internal virtual CostModel Costs => ElementwiseCosts.Momentum;

    /// <summary>Everything that is wrong with these options; empty when they are right.</summary>
    /// <param name="totalSteps">Steps of the whole run, 0 when there is no end.</param>
    public IReadOnlyList<string> Problems(long totalSteps = 0)
    {
        var problems = new OptionsProblems(totalSteps);
        Collect(problems);
        return problems.Messages;
    }

    /// <summary>Adds the problems of this optimizer's own options.</summary>
    internal virtual void Collect(OptionsProblems problems)
    {
        problems.Schedule("learning rate", LearningRate, double.PositiveInfinity);
        problems.Schedule("weight decay", WeightDecay, double.PositiveInfinity);
        problems.Require(Enum.IsDefined(MissingGradient), $"missing gradient must be Skip, Zero or ZeroWithoutDecay, not {MissingGradient}");
    }

    /// <summary>Adds what makes a parameter unfit for this optimizer.</summary>
    internal virtual void CollectFor(Parameter parameter, OptionsProblems problems)
    {
    }

    /// <summary>The independent matrices of a parameter under this optimizer, 0 when it knows none.</summary>
    internal int MatricesOf(Parameter parameter) => SplitsMatrices && parameter.Shape.Length >= 2
        ? parameter.Matrices.Length
        : 0;

    /// <summary>Makes the optimizer of these options' kind over groups that all have options of this kind.</summary>
    internal abstract Optimizer Create(IReadOnlyList<ParameterGroup> groups, StepOptions step, Numerics.WorkerTeam team);
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
