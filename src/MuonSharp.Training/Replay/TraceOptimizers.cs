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

/// <summary>An optimizer as recorded runs name it: its presets and the keys that belong to it.</summary>
internal abstract class TraceOptimizer(string name)
{
    /// <summary>The name in a group's <c>optimizer</c>.</summary>
    public string Name => name;

    /// <summary>The options that the group's keys describe.</summary>
    /// <param name="group">The group, for messages.</param>
    /// <param name="preset">The preset's name, or null.</param>
    /// <param name="settings">The keys that stand for options.</param>
    public abstract OptimizerOptions Read(TraceValue group, TraceValue? preset, IReadOnlyDictionary<string, TraceValue> settings);
}

/// <summary>An optimizer with options of one type.</summary>
/// <param name="name">The name in a group's <c>optimizer</c>.</param>
/// <param name="standard">The options of a group without a preset.</param>
/// <param name="presets">The presets by name.</param>
/// <param name="keys">The keys of its own, in the order in which they are applied whatever their order in the file.</param>
internal sealed class TraceOptimizerOf<TOptions>(
    string name, TOptions standard, IReadOnlyDictionary<string, TOptions> presets, params TraceKey<TOptions>[] keys)
    : TraceOptimizer(name)
    where TOptions : OptimizerOptions
{
    private readonly TraceKey<TOptions>[] _keys =
    [
        new("learning_rate", static (options, value) => (TOptions)((OptimizerOptions)options with { LearningRate = value.Schedule() })),
        new("weight_decay", static (options, value) => (TOptions)((OptimizerOptions)options with { WeightDecay = value.Schedule() })),
        .. keys,
    ];

    /// <inheritdoc/>
    public override OptimizerOptions Read(TraceValue group, TraceValue? preset, IReadOnlyDictionary<string, TraceValue> settings)
    {
        string[] known = [.. _keys.Select(key => key.Name)];
        foreach (string key in settings.Keys)
        {
            group.Require(known.Contains(key, StringComparer.Ordinal), $"{Name}: {TraceFormat.UnknownName("key", key, known)}");
        }

        TOptions options = preset is { } named ? Preset(named) : standard;
        foreach (TraceKey<TOptions> key in _keys)
        {
            options = settings.TryGetValue(key.Name, out TraceValue value) ? key.Apply(options, value) : options;
        }

        return options;
    }

    private TOptions Preset(TraceValue name)
    {
        name.Require(presets.Count > 0, $"{Name} has no presets; '{name.Text()}' came");
        return name.Choice(presets);
    }
}
