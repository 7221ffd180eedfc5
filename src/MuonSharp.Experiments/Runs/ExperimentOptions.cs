using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What the runs of an experiment start from: the preset, then the files, then the settings, the later winning.</summary>
public abstract record ExperimentOptions
{
    /// <summary>The preset to start from; null: the one that a file names, or the default.</summary>
    public string? Preset { get; init; }

    /// <summary>Paths of JSON files with keys.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Keys and values for every run.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Runs of everything that is tried, at least 1: with the configuration's <c>train.seed</c>, and the numbers that follow it.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Runs that go on at once, each with an equal share of the threads; null: as many as their size makes sensible.</summary>
    public int? Parallel { get; init; }

    /// <summary>Clock, files, and what reads pictures.</summary>
    public TrainerOptions Surroundings { get; init; } = new();

    /// <summary>Preset and files. No text is sampled unless they say so after this: it only takes time.</summary>
    internal TrainingConfigBuilder Begin()
    {
        TrainingConfigBuilder builder = new();
        _ = Preset is null ? builder : builder.UsePreset(Preset);
        foreach (string file in Files)
        {
            builder.AddFile(file);
        }

        return builder.Set("sample.every", "-1", ConfigOrigin.Comparison);
    }

    /// <summary>Sets several keys.</summary>
    internal static void SetAll(TrainingConfigBuilder builder, IEnumerable<KeyValuePair<string, string>> settings, ConfigOrigin origin)
    {
        foreach ((string key, string value) in settings)
        {
            builder.Set(key, value, origin);
        }
    }

    /// <summary>The seeds: a configuration's, and those that follow it.</summary>
    internal IReadOnlyList<ulong> SeedsFrom(TrainingConfig first) => [.. Enumerable.Range(0, Seeds).Select(number => first.Train.Seed + (ulong)number)];

    /// <summary>What is wrong with the numbers of seeds and of runs at once.</summary>
    /// <param name="operation">The command, for messages.</param>
    internal IEnumerable<string> CheckCounts(string operation)
    {
        if (Seeds < 1)
        {
            yield return $"[{operation}] seeds are 1 or more; {Seeds} came";
        }

        if (Parallel is < 1)
        {
            yield return $"[{operation}] runs at once are 1 or more; {Parallel} came";
        }
    }

    /// <summary>What makes a configuration unfit for runs whose loss after the last step is compared.</summary>
    /// <param name="operation">The command, for messages.</param>
    /// <param name="config">The configuration.</param>
    internal static IEnumerable<string> Problems(string operation, TrainingConfig config)
    {
        if (config.Evaluate.Every is null)
        {
            yield return $"[{operation}] evaluate.every must not be -1: the loss after the last step is what is compared";
        }

        if (config.Train.StopAfter is not null)
        {
            yield return $"[{operation}] train.stopAfter must be null: the loss after the last step is what is compared";
        }
    }

    /// <summary>What the data of a configuration is, which every run must be able to read.</summary>
    /// <exception cref="BadInputException">The data cannot be used, or read only once.</exception>
    internal TaskData Describe(string operation, TrainingConfig config)
    {
        TaskData data = ConfiguredTask.Of(config).Describe(config, Surroundings);
        return data.Unrepeatable.Count == 0 ? data
            : throw new BadInputException($"[{operation}] {data.Source}: the text must be a file, which every run can read; a pipe came");
    }

    /// <summary>What <paramref name="make"/> makes; null, and its problems added, where it cannot.</summary>
    internal static T? Try<T>(Func<T> make, List<string> problems)
        where T : class
    {
        try
        {
            return make();
        }
        catch (ConfigurationException error)
        {
            problems.AddRange(error.Problems);
            return null;
        }
    }
}
