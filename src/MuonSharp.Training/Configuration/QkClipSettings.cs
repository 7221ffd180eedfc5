using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The clip of queries and keys after the update: keys <c>qkClip.*</c>.</summary>
public sealed record QkClipSettings
{
    /// <summary>
    /// The greatest attention logit that is left alone. 0: no clip. Null: 100, or no clip in a model that normalizes queries and keys with
    /// gains that heads share, where no head can be scaled alone (and where the norm bounds the logits).
    /// </summary>
    public double? Tau { get; init; }

    /// <summary>The bound in force in a model; null when nothing is clipped.</summary>
    /// <param name="model">The model.</param>
    public double? EffectiveTau(ModelSettings model) => Tau is null ? (Fits(model) ? QkClip.DefaultTau : null) : Tau == 0 ? null : Tau;

    /// <summary>Whether the heads of a model can be scaled each by its own factor.</summary>
    internal static bool Fits(ModelSettings model) => !model.QueryKeyNorm || model.Heads == 1;
}
