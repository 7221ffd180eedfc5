using Keys = MuonSharp.Optimizers.OptionKeys<MuonSharp.Optimizers.LionOptions>;

namespace MuonSharp.Optimizers;

/// <summary>Lion from outside.</summary>
internal static class LionDescriptor
{
    public static OptimizerDescriptor Instance { get; } = new(
        "lion",
        "the sign of a momentum, for every element alike: every weight moves by the learning rate",
        [new("paper", new LionOptions(), AdamWPresets.KellerJordan, "arXiv 2302.06675, algorithm 2")],
        TracePreset: "paper",
        [
            .. Keys.Common,
            Keys.Decay("beta1", "the momentum's share of the direction", static o => o.Beta1, static (o, v) => o with { Beta1 = v }),
            Keys.Decay("beta2", "decay of the momentum", static o => o.Beta2, static (o, v) => o with { Beta2 = v }),
        ])
    {
        // The best of 0.5, 1, 2, 4, 8 and 16e-4 in 300 steps of nanogpt-cpu (docs/LOG.md).
        Recipe = new() { LearningRate = 2e-4 },
    };
}
