using System.Text.Json.Nodes;
using Keys = MuonSharp.Optimizers.OptionKeys<MuonSharp.Optimizers.SoapOptions>;

namespace MuonSharp.Optimizers;

/// <summary>SOAP from outside.</summary>
internal static class SoapDescriptor
{
    public static OptimizerDescriptor Instance { get; } = new(
        "soap",
        "Adam in the eigenbasis of Shampoo's statistics, for the hidden matrices",
        [new("reference", new SoapOptions(), AdamWPresets.KellerJordan, "nikhilvyas/SOAP; arXiv 2409.11321")],
        TracePreset: "reference",
        [
            .. Keys.Common,
            Keys.Decay("beta1", "decay of the first moment", static o => o.Beta1, static (o, v) => o with { Beta1 = v }),
            Keys.Decay("beta2", "decay of the second moment", static o => o.Beta2, static (o, v) => o with { Beta2 = v }),
            Keys.Custom("shampooBeta", "a number from 0 up to but not including 1, or null for beta2", "decay of the statistics",
                static o => o.ShampooBeta is { } beta ? JsonValue.Create(beta) : null,
                static (o, value, number) => value is null || number is >= 0 and < 1 ? (o with { ShampooBeta = number }, "") : (null, "")),
            Keys.Number("epsilon", "a number of 1.2e-38 or more", "added to the root of the second moment", AdamWOptions.IsEpsilon, static o => o.Epsilon, static (o, v) => o with { Epsilon = v }),
            Keys.Whole("preconditionFrequency", 1, int.MaxValue, "updates between two refreshes of the bases", static o => o.PreconditionFrequency, static (o, v) => o with { PreconditionFrequency = v }),
            Keys.Whole("maxPreconditionerDimension", 0, SoapOptions.LongestSide, "a longer side is not rotated", static o => o.MaximumPreconditionerDimension, static (o, v) => o with { MaximumPreconditionerDimension = v }),
        ])
    {
        // The rate that the same model wants in PyTorch.
        Recipe = new() { LearningRate = 3e-3 },
    };
}
