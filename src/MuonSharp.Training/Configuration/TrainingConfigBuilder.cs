using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>
/// Composes a <see cref="TrainingConfig"/>: a preset, then files, then single settings, the later ones winning;
/// reports everything that is wrong with any of them at once, and records where every value came from.
/// </summary>
/// <remarks>
/// The order of the calls of <see cref="AddFile(string)"/> and <see cref="Set"/> is the order of precedence. A configuration
/// that names another optimizer or another of its presets than its base does not inherit the base's learning rate, momentum
/// and weight decay, which were chosen for the other one: unless they are set as well, those of the reference apply, in
/// whatever order they come. With another preset that holds for AdamW's share too. The optimizer <c>normuon</c> is <c>muon</c> with the
/// preset <c>normuon</c>, and goes with no other. A model's family that is set brings its positions, unless they are set too.
/// </remarks>
public sealed class TrainingConfigBuilder
{
    private const string PresetKey = "preset";

    private readonly List<string> _problems = [];
    private readonly List<Layer> _layers = [];
    private TrainingConfig? _start;
    private string? _preset;

    /// <summary>Sets keys on a configuration, and adds those it has set, and what is wrong.</summary>
    private delegate TrainingConfig Layer(TrainingConfig config, Dictionary<ConfigKey, ConfigOrigin> origins, List<string> problems);

    /// <summary>Starts from a preset; without this call, from the file's <c>preset</c> key or <see cref="Presets.Default"/>.</summary>
    /// <param name="name">One of <see cref="Presets.Names"/>.</param>
    public TrainingConfigBuilder UsePreset(string name)
    {
        _preset = name;
        return this;
    }

    /// <summary>Starts from a given configuration instead of a preset, for example a run's that is to be resumed.</summary>
    /// <param name="config">The configuration that files and settings change.</param>
    public TrainingConfigBuilder StartFrom(TrainingConfig config)
    {
        _start = config;
        return this;
    }

    /// <summary>Starts from the defaults of the records instead of a preset.</summary>
    public TrainingConfigBuilder UseDefaults() => StartFrom(ConfigOrigins.Defaults);

    /// <summary>Sets the keys <c>model.*</c> to what a stored model is. What cannot be read is a problem that <see cref="Build"/> reports.</summary>
    /// <param name="path">A folder with the <c>config.json</c> of a model, as Hugging Face's libraries have it, where weights are not needed; or a GGUF file.</param>
    public TrainingConfigBuilder UseModel(string path)
    {
        _layers.Add((config, origins, problems) =>
        {
            try
            {
                StoredModel stored = StoredModel.Open(path);
                if (LanguageModelConfigs.Of(stored.Model, problems) is { } model)
                {
                    config = config with { Model = model };
                    ModelSection.Keys.ToList().ForEach(key => origins[key] = new(ConfigSource.File, stored.ConfigPath));
                }
            }
            catch (InvalidFileException exception)
            {
                problems.Add(exception.Message);
            }

            return config;
        });
        return this;
    }

    /// <summary>Adds the keys of a JSON file. A directory, a missing file, wrong JSON: problems that <see cref="Build"/> reports.</summary>
    /// <param name="path">A JSON file with some or all keys.</param>
    public TrainingConfigBuilder AddFile(string path) => AddFile(path, new(ConfigSource.File, path));

    /// <summary>Sets one key. An unknown key or a wrong value is a problem that <see cref="Build"/> reports.</summary>
    /// <param name="key">A dotted key.</param>
    /// <param name="value">Its value as text; blanks around a number do not count, text is taken as it is.</param>
    /// <param name="origin">Where it comes from; null: <see cref="ConfigOrigin.Code"/>.</param>
    public TrainingConfigBuilder Set(string key, string value, ConfigOrigin? origin = null)
    {
        if (key == PresetKey)
        {
            return UsePreset(value);
        }

        _layers.Add((config, origins, problems) =>
        {
            if (ConfigKeys.Find(key, problems) is not { } known)
            {
                return config;
            }

            origins[known] = origin ?? ConfigOrigin.Code;
            return known.Set(config, value, problems) ?? config;
        });
        return this;
    }

    /// <summary>The composed configuration.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; the exception lists everything that is.</exception>
    public TrainingConfig Build()
    {
        List<string> problems = [.. _problems];
        TrainingConfig start = _start ?? FromPreset(_preset ?? Presets.Default, problems);
        Dictionary<ConfigKey, ConfigOrigin> given = [];
        TrainingConfig config = start;
        foreach (Layer layer in _layers)
        {
            config = layer(config, given, problems);
        }

        TrainingConfig asked = config;
        HashSet<string> names = given.Keys.Select(key => key.Name).ToHashSet(StringComparer.Ordinal);
        config = config with
        {
            Model = LanguageModelConfigs.Complete(config.Model, names),
            Optimizer = OptimizerKinds.Complete(config.Optimizer, start.Optimizer, names, problems),
        };
        config = _start is null ? config with { Preset = start.Preset } : config;
        if (problems.Count == 0)
        {
            problems.AddRange(config.Validate());
        }

        return problems.Count == 0 ? Record(config, asked, start, given) : throw new ConfigurationException(problems);
    }

    internal TrainingConfigBuilder AddFile(string path, ConfigOrigin origin) =>
        JsonFile.Read(path, ConfigJson.Options, _problems) is { } root ? Add(root, origin) : this;

    /// <summary>Adds the keys of a file that has been read.</summary>
    internal TrainingConfigBuilder Add(JsonEntry root, ConfigOrigin origin)
    {
        // What is wrong with a preset is said when the file is read as a whole.
        _preset ??= root.Kind == JsonValueKind.Object && root[PresetKey].TryText(out string preset) ? preset : null;
        _layers.Add((config, origins, problems) =>
        {
            List<ConfigKey> keys = [];
            config = ConfigJson.Read(root, config, keys, problems);
            keys.ForEach(key => origins[key] = origin);
            return config;
        });
        return this;
    }

    private static TrainingConfig Record(TrainingConfig config, TrainingConfig asked, TrainingConfig start, Dictionary<ConfigKey, ConfigOrigin> given)
    {
        ConfigOrigin optimizer = new(ConfigSource.Reference, OptimizerKinds.Describe(config.Optimizer)), family = new(ConfigSource.Reference, config.Model.Family ?? "");
        Dictionary<ConfigKey, ConfigOrigin> origins = ConfigKeys.All.ToDictionary(
            key => key,
            key => given.GetValueOrDefault(key) ?? (key.Same(config, asked) || key.Name == PresetKey ? start.OriginOf(key) : key.Name.StartsWith("optimizer.", StringComparison.Ordinal) ? optimizer : family));
        return config with { Recorded = new(config, origins) };
    }

    private static TrainingConfig FromPreset(string name, List<string> problems)
    {
        TrainingConfig config = new() { Preset = name };
        if (Presets.Read(name) is not { } utf8)
        {
            problems.Add($"[config] the preset must be one of {string.Join(", ", Presets.Names)}; {OneLine.Quote(name)} came{NearestName.Hint(name, Presets.Names)}");
            return config;
        }

        List<ConfigKey> keys = [];
        if (JsonFile.Parse(utf8, $"preset {name}", ConfigJson.Options, problems) is { } root)
        {
            config = ConfigJson.Read(root, config, keys, problems) with { Preset = name };
        }

        ConfigOrigin preset = new(ConfigSource.Preset, name);
        return config with { Recorded = new(config, keys.ToDictionary(key => key, _ => preset)) };
    }
}
