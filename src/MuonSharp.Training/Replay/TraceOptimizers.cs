using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The optimizers that recorded runs can name.</summary>
internal static class TraceOptimizers
{
    private static readonly Dictionary<string, MuonCompat> s_compat = new(StringComparer.Ordinal)
    {
        ["keller-jordan-conv-scale"] = MuonCompat.KellerJordanConvScale,
        ["mlx-coupled-decay"] = MuonCompat.MlxCoupledDecay,
    };

    private static readonly Dictionary<string, ShampooGrafting> s_grafting = new(StringComparer.Ordinal)
    {
        ["adam"] = ShampooGrafting.Adam,
        ["none"] = ShampooGrafting.None,
    };

    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, TraceOptimizer> All { get; } = new TraceOptimizer[] { Muon(), AdamW(), Sgd(), Soap(), Shampoo() }
        .ToDictionary(optimizer => optimizer.Name, StringComparer.Ordinal);

    private static TraceOptimizerOf<MuonOptions> Muon() => new(
        "muon",
        MuonPresets.KellerJordan,
        MuonPresets.ByName,
        new("momentum", static (options, value) => options with { Momentum = value.Schedule() }),
        new("nesterov", static (options, value) => options with { Nesterov = value.Flag() }),
        new("scale", static (options, value) => options with { Scale = value.Choice(UpdateScale.ByName) }),
        new("compat", static (options, value) => options with { Compat = value.Choice(s_compat) }),

        // Read with the parameters, as it belongs to their layout.
        new(TraceGroupReader.OrientationKey, static (options, _) => options),
        new("beta2", static (options, value) => options with { RowNormalization = Rows(options, value) with { Beta2 = value.Number() } }),
        new("orthogonalizer", TraceOrthogonalizer.ByName),
        new("coefficients", TraceOrthogonalizer.WithCoefficients),
        new("steps_per_orthogonalization", TraceOrthogonalizer.WithSteps));

    private static TraceOptimizerOf<AdamWOptions> AdamW() => new(
        "adamw",
        AdamWPresets.Torch,
        AdamWPresets.ByName,
        new("beta1", static (options, value) => options with { Beta1 = value.Number() }),
        new("beta2", static (options, value) => options with { Beta2 = value.Number() }),
        new("epsilon", static (options, value) => options with { Epsilon = value.Number() }),
        new("nesterov", static (options, value) => options with { Nesterov = value.Flag() }));

    private static TraceOptimizerOf<Sgd.Options> Sgd() => new(
        "sgd",
        new Sgd.Options(),
        new Dictionary<string, Sgd.Options>(StringComparer.Ordinal),
        new("momentum", static (options, value) => options with { Momentum = value.Schedule() }),
        new("nesterov", static (options, value) => options with { Nesterov = value.Flag() }));

    private static TraceOptimizerOf<SoapOptions> Soap() => new(
        "soap",
        new SoapOptions(),
        new Dictionary<string, SoapOptions>(StringComparer.Ordinal),
        new("beta1", static (options, value) => options with { Beta1 = value.Number() }),
        new("beta2", static (options, value) => options with { Beta2 = value.Number() }),
        new("epsilon", static (options, value) => options with { Epsilon = value.Number() }),
        new("shampoo_beta", static (options, value) => options with { ShampooBeta = value.Number() }),
        new("precondition_frequency", static (options, value) => options with { PreconditionFrequency = value.Whole(1) }),
        new("max_preconditioner_dimension", static (options, value) => options with { MaximumPreconditionerDimension = value.Whole(0) }));

    private static TraceOptimizerOf<ShampooOptions> Shampoo() => new(
        "shampoo",
        new ShampooOptions(),
        new Dictionary<string, ShampooOptions>(StringComparer.Ordinal),
        new("beta1", static (options, value) => options with { Beta1 = value.Number() }),
        new("beta2", static (options, value) => options with { Beta2 = value.Number() }),
        new("epsilon", static (options, value) => options with { Epsilon = value.Number() }),
        new("precondition_frequency", static (options, value) => options with { PreconditionFrequency = value.Whole(1) }),
        new("block_size", static (options, value) => options with { BlockSize = value.Whole(1) }),
        new("grafting", static (options, value) => options with { Grafting = value.Choice(s_grafting) }),
        new("grafting_beta2", static (options, value) => options with { GraftingBeta2 = value.Number() }),
        new("grafting_epsilon", static (options, value) => options with { GraftingEpsilon = value.Number() }));

    private static RowNormalization Rows(MuonOptions options, TraceValue value) =>
        options.RowNormalization ?? throw value.Error("the key belongs to the preset 'normuon'; the group has another");
}
