using Keys = MuonSharp.Optimizers.OptionKeys<MuonSharp.Optimizers.AdamWOptions>;

namespace MuonSharp.Optimizers;

/// <summary>AdamW from outside.</summary>
internal static class AdamWDescriptor
{
    private static readonly Dictionary<string, AdamWEpsilon> s_places = new(StringComparer.Ordinal)
    {
        ["after-correction"] = AdamWEpsilon.AfterCorrection,
        ["before-correction"] = AdamWEpsilon.BeforeCorrection,
    };

    public static OptimizerDescriptor Instance { get; } = new(
        "adamw",
        "Adam with decoupled decay, for every element alike",
        [
            Preset("keller-jordan", AdamWPresets.KellerJordan, "KellerJordan/Muon, muon.py"),
            Preset("torch", AdamWPresets.Torch, "torch.optim.AdamW"),
            Preset("moonlight", AdamWPresets.Moonlight, "MoonshotAI/Moonlight, examples/toy_train.py"),
            Preset("optax", AdamWPresets.Optax, "optax 0.2.8, contrib/_muon.py"),
        ],
        TracePreset: "torch",
        [
            .. Keys.Common,
            Keys.Decay("beta1", "decay of the first moment", static o => o.Beta1, static (o, v) => o with { Beta1 = v }),
            Keys.Decay("beta2", "decay of the second moment", static o => o.Beta2, static (o, v) => o with { Beta2 = v }),
            Keys.Number("epsilon", "a number of 1.2e-38 or more", "added to the root of the second moment", AdamWOptions.IsEpsilon, static o => o.Epsilon, static (o, v) => o with { Epsilon = v }),
            Keys.Choice("epsilonPlace", "where epsilon is added", s_places, static o => o.EpsilonPlace, static (o, v) => o with { EpsilonPlace = v }),
            Keys.Flag("nesterov", "whether the first moment looks ahead by one gradient", static o => o.Nesterov, static (o, v) => o with { Nesterov = v }),
        ])
    {
        // As small GPTs are usually trained (nanoGPT): 1.7555 on nanogpt-cpu, with a beta2 of 0.95 1.7757.
        Recipe = new()
        {
            LearningRate = 4e-3,
            OneRate = true,
            Settings = [new("optimizer.weightDecay", "0.1"), new("optimizer.clipNorm", "1"), new("optimizer.auxiliary.beta1", "0.9"), new("optimizer.auxiliary.beta2", "0.99")],
        },
    };

    private static OptimizerPreset Preset(string name, AdamWOptions options, string source) => new(name, options, options with { WeightDecay = 0 }, source);
}
