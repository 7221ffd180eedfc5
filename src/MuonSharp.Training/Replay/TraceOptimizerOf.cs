using MuonSharp.Optimizers;

namespace MuonSharp.Training;

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
