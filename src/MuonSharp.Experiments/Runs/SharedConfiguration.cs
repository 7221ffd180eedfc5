using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What all runs of an experiment have in common: the keys that have one value in every one of them, and those values.</summary>
public sealed class SharedConfiguration
{
    private readonly IReadOnlyList<TrainingConfig> _runs;

    /// <summary>What some configurations have in common.</summary>
    /// <param name="runs">The configurations, one or more; their seeds aside.</param>
    /// <param name="seeds">How many seeds each is run with.</param>
    internal SharedConfiguration(IReadOnlyList<TrainingConfig> runs, int seeds)
    {
        _runs = runs;
        Keys = [.. ConfigKeys.All.Where(key => (seeds == 1 || key.Name != "train.seed") && runs.All(run => key.Same(run, Config)))];
    }

    /// <summary>The keys, in the order of <see cref="ConfigKeys.All"/>.</summary>
    public IReadOnlyList<ConfigKey> Keys { get; }

    /// <summary>A configuration that has the values: one of the runs'.</summary>
    public TrainingConfig Config => _runs[0];

    /// <summary>Where a value came from; what recipes and optimizers' references set in all runs is the comparison's.</summary>
    /// <param name="key">The key.</param>
    public ConfigOrigin OriginOf(ConfigKey key) =>
        _runs.Select(run => run.OriginOf(key)).FirstOrDefault(origin => origin.Source is not (ConfigSource.Comparison or ConfigSource.Reference)) ?? ConfigOrigin.Comparison;

    /// <summary>The keys and their values as nested objects, as configuration files hold them.</summary>
    public JsonObject ToJson() => ConfigJson.Write(Config, Keys);
}
