using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Composes the configuration of one optimizer's runs: preset, files, recipe, settings, the choice's own settings.</summary>
internal sealed class ConfigComposition(ComparisonOptions options, OptimizerChoice choice, int fullSteps)
{
    private const int Evaluations = 20;

    /// <summary>The key of the hidden matrices' learning rate.</summary>
    public const string RateKey = "optimizer.learningRate";

    /// <summary>The keys that a comparison sets because it is one, whatever the optimizers; settings go over them.</summary>
    public static IEnumerable<string> SurroundingKeys => Surroundings(1).Select(setting => setting.Key);

    public OptimizerChoice Choice => choice;

    public OptimizerRecipe Recipe { get; } = OptimizerRecipes.Of(choice.Name);

    /// <summary>What the optimizers' configurations start from: without recipes and choices.</summary>
    /// <remarks>A folder's name and what may be added to it depend on this one, so it must not follow the optimizers, and stays as it is.</remarks>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    public static TrainingConfig Base(ComparisonOptions options)
    {
        TrainingConfigBuilder builder = Start(options);
        SetAll(builder, Surroundings(null));
        SetAll(builder, options.Settings);
        return builder.Build();
    }

    /// <summary>The configuration with a learning rate.</summary>
    /// <param name="rate">The rate of the hidden matrices; null: what there is without one.</param>
    /// <param name="overSettings">Whether it wins over a rate among the settings.</param>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    public TrainingConfig Build(double? rate, bool overSettings = false)
    {
        TrainingConfigBuilder builder = Start(options);
        SetAll(builder, Surroundings(fullSteps));
        SetAll(builder, Recipe.Settings);
        string? value = rate is null ? null : Text(rate.Value);
        if (value is not null)
        {
            builder.Set(RateKey, value);
            if (Recipe.OneRate)
            {
                builder.Set("optimizer.auxiliary.learningRate", value);
            }
        }

        SetAll(builder, options.Settings);
        builder.Set("optimizer.name", choice.Name);
        SetAll(builder, choice.Settings);
        return (value is not null && overSettings ? builder.Set(RateKey, value) : builder).Build();
    }

    /// <summary>A number as keys and names hold it: the shortest text that reads back as the same number.</summary>
    public static string Text(double number) => number.ToString("R", System.Globalization.CultureInfo.InvariantCulture).ToLowerInvariant();

    private static TrainingConfigBuilder Start(ComparisonOptions options)
    {
        TrainingConfigBuilder builder = new();
        if (options.Preset is { } preset)
        {
            builder.UsePreset(preset);
        }

        foreach (string file in options.Files)
        {
            builder.AddFile(file);
        }

        return builder;
    }

    /// <summary>A fair comparison changes the optimizer alone: no clip of queries and keys, and nothing that only takes time.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Surroundings(int? fullSteps)
    {
        yield return new("qkClip.tau", "off");
        yield return new("sample.every", "-1");
        if (fullSteps is { } steps)
        {
            yield return new("evaluate.every", $"{Math.Max(1, steps / Evaluations)}");
        }
    }

    private static void SetAll(TrainingConfigBuilder builder, IEnumerable<KeyValuePair<string, string>> settings)
    {
        foreach ((string key, string value) in settings)
        {
            builder.Set(key, value);
        }
    }
}

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
