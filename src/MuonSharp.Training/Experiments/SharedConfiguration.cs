using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>What all runs of a comparison have in common: the keys that have one value in every one of them, and those values.</summary>
public sealed class SharedConfiguration
{
    private readonly HashSet<string> _set = new(StringComparer.Ordinal);

    internal SharedConfiguration(ComparisonOptions options, TrainingConfig asked, IReadOnlyList<ComparisonEntry> entries, IReadOnlyList<TrainingConfig> runs)
    {
        Config = runs[0];
        Keys = [.. ConfigKeys.All.Where(key => runs.All(run => Same(key, run, Config)))];
        HashSet<string> given = new(options.Settings.Concat(options.Optimizers.SelectMany(choice => choice.Settings)).Select(setting => setting.Key), StringComparer.Ordinal)
        {
            "optimizer.name",
        };
        if (entries.Any(entry => options.LearningRates.ContainsKey(entry.Label)))
        {
            given.Add(ConfigComposition.RateKey);
        }

        // Recipes and references of the optimizers show in a difference; the surroundings are in what was asked for already.
        _set.UnionWith(ConfigComposition.SurroundingKeys);
        _set.UnionWith(Keys.Where(key => !Same(key, Config, asked)).Select(key => key.Name));
        _set.ExceptWith(given);
        _set.IntersectWith(Keys.Select(key => key.Name));
    }

    /// <summary>The keys, in the order of <see cref="ConfigKeys.All"/>.</summary>
    public IReadOnlyList<ConfigKey> Keys { get; }

    /// <summary>A configuration that has the values: one of the runs'.</summary>
    public TrainingConfig Config { get; }

    /// <summary>Whether the comparison itself has set a key, in all runs alike: not the preset, nor a file, nor a setting.</summary>
    /// <param name="key">The key.</param>
    public bool IsSetByComparison(ConfigKey key) => _set.Contains(key.Name);

    /// <summary>The keys and their values as nested objects, as configuration files hold them.</summary>
    public JsonObject ToJson() => ConfigJson.Write(Config, Keys);

    private static bool Same(ConfigKey key, TrainingConfig one, TrainingConfig other) => JsonNode.DeepEquals(key.Read(one), key.Read(other));
}
