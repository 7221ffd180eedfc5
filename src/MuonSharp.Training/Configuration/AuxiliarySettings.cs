namespace MuonSharp.Training;

/// <summary>AdamW's share of the parameters: keys <c>optimizer.auxiliary.*</c>.</summary>
public sealed record AuxiliarySettings
{
    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 0.003;

    /// <summary>Decay of the first moment, from 0 up to but not including 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, from 0 up to but not including 1.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment; 1.2e-38 (float32's smallest normal number) or more.</summary>
    public double Epsilon { get; init; } = 1e-10;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; }
}
