namespace MuonSharp.Training;

/// <summary>The optimizer of the hidden matrices, and through <see cref="Auxiliary"/> of the rest: keys <c>optimizer.*</c>.</summary>
public sealed record OptimizerSettings
{
    /// <summary><c>muon</c>, <c>normuon</c> (muon with that preset), <c>shampoo</c>, <c>soap</c> (hidden matrices; AdamW takes the rest)
    /// or <c>adamw</c>, <c>sgd</c> with Nesterov's momentum (everything).</summary>
    public string Name { get; init; } = "muon";

    /// <summary>Variant of Muon, <c>default</c> or a published one, one of <see cref="MuonSharp.Optimizers.MuonPresets.ByName"/>: the form of the matrices' update and of AdamW's.</summary>
    /// <remarks>A <see cref="TrainingConfigBuilder"/> that changes it takes the reference's numbers too, where none are set.</remarks>
    public string Preset { get; init; } = "default";

    /// <summary>What makes Muon's direction orthogonal, one of <see cref="MuonSharp.Optimizers.Orthogonalizers.Names"/>; null: the preset's, with
    /// its number of steps and its epsilon.</summary>
    public string? Orthogonalizer { get; init; }

    /// <summary>
    /// Peak learning rate of the hidden matrices. Null: the reference's own (0.02 for <c>muon</c> with its first preset), for <c>adamw</c> and <c>sgd</c>
    /// <see cref="AuxiliarySettings.LearningRate"/>.
    /// </summary>
    public double? LearningRate { get; init; }

    /// <summary>Momentum of the matrices, from 0 up to but not including 1. Read by <c>muon</c>, <c>normuon</c> and <c>sgd</c>.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>Momentum rises linearly from 0.85 to <see cref="Momentum"/> over this many steps; 0: it does not.</summary>
    public int MomentumWarmup { get; init; }

    /// <summary>Decoupled weight decay of the matrices.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest global norm of the raw gradients; larger ones are scaled down to it. 0: no clipping.</summary>
    public double ClipNorm { get; init; }

    /// <summary>AdamW's share: embeddings, positions, head, gains and biases.</summary>
    public AuxiliarySettings Auxiliary { get; init; } = new();

    /// <summary>How all learning rates move between the first step and the last.</summary>
    public ScheduleSettings Schedule { get; init; } = new();

    /// <summary>Learning rate of the hidden matrices in force: <see cref="LearningRate"/>, or the default it stands for.</summary>
    public double EffectiveLearningRate => LearningRate ?? OptimizerKinds.StandardLearningRate(this);
}
