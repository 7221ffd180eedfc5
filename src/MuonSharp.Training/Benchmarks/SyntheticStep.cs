namespace MuonSharp.Training;

/// <summary>Time of one training step.</summary>
/// <param name="ForwardBackward">Zeroing the gradients, forward and backward.</param>
/// <param name="Optimizer">The optimizer's step: the check of the gradients, and all updates.</param>
public readonly record struct SyntheticStep(TimeSpan ForwardBackward, TimeSpan Optimizer)
{
    /// <summary>The whole step.</summary>
    public TimeSpan Whole => ForwardBackward + Optimizer;
}
