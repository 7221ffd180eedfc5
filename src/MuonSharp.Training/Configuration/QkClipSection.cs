using MuonSharp.Optimizers;
using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>The clip of queries and keys after the update: keys <c>qkClip.*</c>.</summary>
public sealed record QkClipSection
{
    /// <summary>
    /// The greatest attention logit that is left alone; infinity: no clip. Null: 100, or no clip in a model that normalizes queries and keys with
    /// gains that heads share, where no head can be scaled alone (and where the norm bounds the logits).
    /// </summary>
    public double? Tau { get; init; }

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("qkClip.", c => c.QkClip, (c, s) => c with { QkClip = s }, ImageSection.IsOff));

    /// <summary>The bound in force in a model; null when nothing is clipped.</summary>
    /// <param name="model">The model.</param>
    public double? EffectiveTau(ModelSection model) => Tau is null ? (Fits(model) ? QkClip.DefaultTau : null) : double.IsInfinity(Tau.Value) ? null : Tau;

    /// <summary>Adds a problem when heads are to be scaled that cannot be scaled each by its own factor.</summary>
    internal void Check(ModelSection model, List<string> problems)
    {
        if (Tau is < double.PositiveInfinity && !Fits(model))
        {
            problems.Add("[config] qkClip.tau must be off with model.queryKeyNorm, whose gains all heads share, so that none can be scaled alone; "
                + $"{Tau} and {model.Heads} heads came");
        }
    }

    private static bool Fits(ModelSection model) => !model.QueryKeyNorm || model.Heads == 1;

    private static ConfigKey[] Describe(ConfigSection<QkClipSection> section) =>
    [
        section.Key("tau", NumberOrOff, q => q.Tau, (q, v) => q with { Tau = v },
            "after an update, a head whose greatest attention logit of the step passed this bound has its query and key weights scaled down; `off`: never; "
            + "null: 100, or off with `model.queryKeyNorm` and several heads, which share the norms' gains and cannot be scaled alone", also: "qkClip"),
    ];
}
