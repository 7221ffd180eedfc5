using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>
/// Composes a <see cref="TrainingConfig"/>: a preset, then files, then single settings, the later ones winning;
/// reports everything that is wrong with any of them at once.
/// </summary>
/// <remarks>
/// The order of the calls of <see cref="AddFile"/> and <see cref="Set"/> is the order of precedence. A configuration
/// that names another optimizer or another of its presets than its base does not inherit the base's learning rate, momentum
/// and weight decay, which were chosen for the other one: unless they are set as well, those of the reference apply, in
/// whatever order they come. With another preset that holds for AdamW's share too. The optimizer <c>normuon</c> is <c>muon</c> with the
/// preset <c>normuon</c>, and goes with no other.
/// </remarks>
public sealed class TrainingConfigBuilder
{
    private readonly List<string> _problems = [];
    private readonly List<Layer> _layers = [];
    private TrainingConfig? _start;
    private string? _preset;

    private delegate TrainingConfig Layer(TrainingConfig config, HashSet<string> keys, List<string> problems);

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
    public TrainingConfigBuilder UseDefaults() => StartFrom(new TrainingConfig());

    /// <summary>Adds the keys of a JSON file. A directory, a missing file, wrong JSON: problems that <see cref="Build"/> reports.</summary>
    /// <param name="path">A JSON file with some or all keys.</param>
    public TrainingConfigBuilder AddFile(string path)
    {
        byte[] utf8;
        try
        {
            utf8 = Directory.Exists(path)
                ? throw new IOException("a directory came")
                : File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            string reason = error is FileNotFoundException or DirectoryNotFoundException ? "there is none" : error.Message;
            _problems.Add($"[config] {path}: the configuration must be a file that can be read; {reason}");
            return this;
        }

        _preset ??= PresetOf(utf8);
        _layers.Add((config, keys, problems) => ConfigJson.Read(utf8, path, config, keys, problems));
        return this;
    }

    /// <summary>Sets one key. An unknown key or a wrong value is a problem that <see cref="Build"/> reports.</summary>
    /// <param name="key">A dotted key.</param>
    /// <param name="value">Its value as text.</param>
    public TrainingConfigBuilder Set(string key, string value)
    {
        if (key == "preset")
        {
            return UsePreset(value);
        }

        _layers.Add((config, keys, problems) =>
        {
            keys.Add(key);
            return ConfigKeys.Find(key, problems)?.Set(config, value, problems) ?? config;
        });
        return this;
    }

    /// <summary>The composed configuration.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; the exception lists everything that is.</exception>
    public TrainingConfig Build()
    {
        List<string> problems = [.. _problems];
        HashSet<string> keys = new(StringComparer.Ordinal);
        TrainingConfig start = _start ?? FromPreset(_preset ?? Presets.Default, problems);
        TrainingConfig config = start;
        foreach (Layer layer in _layers)
        {
            config = layer(config, keys, problems);
        }

        bool presetIsSet = keys.Contains("optimizer.preset");
        config = config with { Optimizer = OptimizerKinds.WithPreset(config.Optimizer, start.Optimizer, presetIsSet) };
        if (presetIsSet)
        {
            ConfigRules.CheckPreset(config.Optimizer, problems);
        }

        bool presetChanged = config.Optimizer.Preset != start.Optimizer.Preset;
        if (config.Optimizer.Name != start.Optimizer.Name || presetChanged)
        {
            config = config with { Optimizer = OptimizerKinds.WithStandards(config.Optimizer, presetChanged, keys.Contains) };
        }

        if (_start is null)
        {
            config = config with { Preset = start.Preset };
        }

        if (problems.Count == 0)
        {
            problems.AddRange(config.Validate());
        }

        return problems.Count == 0 ? config : throw new ConfigurationException(problems);
    }

    private static TrainingConfig FromPreset(string name, List<string> problems)
    {
        TrainingConfig config = new() { Preset = name };
        if (Presets.Read(name) is not { } utf8)
        {
            string? nearest = NearestName.Of(name, Presets.Names);
            problems.Add($"[config] the preset must be one of {string.Join(", ", Presets.Names)}; '{name}' came"
                + (nearest is null ? "" : $"; did you mean '{nearest}'?"));
            return config;
        }

        return ConfigJson.Read(utf8, $"preset {name}", config, [], problems) with { Preset = name };
    }

    /// <summary>A file's <c>preset</c> key; what is wrong with the file is reported when it is read as a whole.</summary>
    private static string? PresetOf(byte[] utf8) =>
        JsonFile.Parse(utf8, "", new() { Operation = "config" }, []) is { Kind: JsonValueKind.Object } root && root["preset"].TryText(out string preset) ? preset : null;
}
