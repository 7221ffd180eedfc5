namespace MuonSharp.Training;

/// <summary>The optimizer of the hidden matrices, and through <see cref="Auxiliary"/> of the rest: keys <c>optimizer.*</c>.</summary>
public sealed record OptimizerSettings
{
    /// <summary><c>muon</c> (hidden matrices; AdamW takes the rest) or <c>adamw</c> (everything).</summary>
    public string Name { get; init; } = "muon";

    /// <summary>Published variant the defaults come from: <c>keller-jordan</c>.</summary>
    public string Preset { get; init; } = "keller-jordan";

    /// <summary>
    /// Peak learning rate of the hidden matrices. Null: the optimizer's own default, 0.02 for <c>muon</c> and
    /// <see cref="AuxiliarySettings.LearningRate"/> for <c>adamw</c>.
    /// </summary>
    public double? LearningRate { get; init; }

    /// <summary>Momentum of the matrices, from 0 up to but not including 1. Read by <c>muon</c> only.</summary>
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
    public double EffectiveLearningRate =>
        LearningRate ?? (Name == "adamw" ? Auxiliary.LearningRate : DefaultMuonLearningRate);

    /// <summary>K. Jordan's default, https://github.com/KellerJordan/Muon.</summary>
    private const double DefaultMuonLearningRate = 0.02;
}
