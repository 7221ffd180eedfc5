using Keys = MuonSharp.Optimizers.OptionKeys<MuonSharp.Optimizers.ShampooOptions>;

namespace MuonSharp.Optimizers;

/// <summary>Shampoo from outside.</summary>
internal static class ShampooDescriptor
{
    private const string AboveZero = "a number above 0";

    private static readonly Dictionary<string, ShampooGrafting> s_grafting = new(StringComparer.Ordinal)
    {
        ["adam"] = ShampooGrafting.Adam,
        ["none"] = ShampooGrafting.None,
    };

    public static OptimizerDescriptor Instance { get; } = new(
        "shampoo",
        "gradients between the inverse fourth roots of their second moments, for the hidden matrices",
        [new("published", new ShampooOptions(), AdamWPresets.KellerJordan, "facebookresearch/optimizers, distributed_shampoo; arXiv 1802.09568")],
        TracePreset: "published",
        [
            .. Keys.Common,
            Keys.Decay("beta1", "decay of the momentum", static o => o.Beta1, static (o, v) => o with { Beta1 = v }),
            Keys.Decay("beta2", "decay of the statistics", static o => o.Beta2, static (o, v) => o with { Beta2 = v }),
            Keys.Number("epsilon", AboveZero, "added to every eigenvalue of a statistic", static value => value > 0, static o => o.Epsilon, static (o, v) => o with { Epsilon = v }),
            Keys.Whole("preconditionFrequency", 1, int.MaxValue, "updates between two computations of the roots", static o => o.PreconditionFrequency, static (o, v) => o with { PreconditionFrequency = v }),
            Keys.Whole("blockSize", 1, ShampooOptions.LargestBlock, "most rows and columns of a block", static o => o.BlockSize, static (o, v) => o with { BlockSize = v }),
            Keys.Choice("grafting", "where the length of the update comes from", s_grafting, static o => o.Grafting, static (o, v) => o with { Grafting = v }),
            Keys.Decay("graftingBeta2", "decay of the grafted Adam's second moment", static o => o.GraftingBeta2, static (o, v) => o with { GraftingBeta2 = v }),
            Keys.Number("graftingEpsilon", AboveZero, "added to the root of the grafted Adam's second moment", static value => value > 0, static o => o.GraftingEpsilon, static (o, v) => o with { GraftingEpsilon = v }),
        ])
    {
        // The rate that the same model wants in PyTorch.
        Recipe = new() { LearningRate = 1.8e-3 },
    };
}
