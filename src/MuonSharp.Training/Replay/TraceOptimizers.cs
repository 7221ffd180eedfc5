using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The optimizers that recorded runs can name.</summary>
internal static class TraceOptimizers
{
    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, TraceOptimizer> All { get; } = new TraceOptimizer[] { Muon(), AdamW() }
        .ToDictionary(optimizer => optimizer.Name, StringComparer.Ordinal);

    private static TraceOptimizerOf<MuonOptions> Muon() => new(
        "muon",
        MuonPresets.KellerJordan,
        new Dictionary<string, MuonOptions>(StringComparer.Ordinal) { ["keller-jordan"] = MuonPresets.KellerJordan },
        new Dictionary<string, Func<MuonOptions, TraceValue, MuonOptions>>(StringComparer.Ordinal)
        {
            ["momentum"] = static (options, value) => options with { Momentum = value.Schedule() },
            ["nesterov"] = static (options, value) => options with { Nesterov = value.Flag() },
        });

    private static TraceOptimizerOf<AdamWOptions> AdamW() => new(
        "adamw",
        AdamWPresets.Torch,
        new Dictionary<string, AdamWOptions>(StringComparer.Ordinal) { ["keller-jordan"] = AdamWPresets.KellerJordan },
        new Dictionary<string, Func<AdamWOptions, TraceValue, AdamWOptions>>(StringComparer.Ordinal)
        {
            ["beta1"] = static (options, value) => options with { Beta1 = value.Number() },
            ["beta2"] = static (options, value) => options with { Beta2 = value.Number() },
            ["epsilon"] = static (options, value) => options with { Epsilon = value.Number() },
        });
}
