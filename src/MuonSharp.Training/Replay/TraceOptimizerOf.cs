using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>An optimizer with options of one type.</summary>
/// <param name="name">The name in a group's <c>optimizer</c>.</param>
/// <param name="standard">The options of a group without a preset.</param>
/// <param name="presets">The presets by name.</param>
/// <param name="keys">What each key of its own does to the options.</param>
internal sealed class TraceOptimizerOf<TOptions>(
    string name,
    TOptions standard,
    IReadOnlyDictionary<string, TOptions> presets,
    IReadOnlyDictionary<string, Func<TOptions, TraceValue, TOptions>> keys)
    : TraceOptimizer(name)
    where TOptions : OptimizerOptions
{
    private const string LearningRate = "learning_rate";
    private const string WeightDecay = "weight_decay";

    /// <inheritdoc/>
    public override OptimizerOptions Read(TraceValue group, TraceValue? preset, IEnumerable<KeyValuePair<string, TraceValue>> settings)
    {
        TOptions options = preset?.Choice(presets) ?? standard;
        foreach ((string key, TraceValue value) in settings)
        {
            options = key switch
            {
                LearningRate => (TOptions)((OptimizerOptions)options with { LearningRate = value.Schedule() }),
                WeightDecay => (TOptions)((OptimizerOptions)options with { WeightDecay = value.Schedule() }),
                _ when keys.TryGetValue(key, out Func<TOptions, TraceValue, TOptions>? change) => change(options, value),
                _ => throw group.Error($"{Name}: " + TraceFormat.UnknownName("key", key, [LearningRate, WeightDecay, .. keys.Keys])),
            };
        }

        return options;
    }
}
