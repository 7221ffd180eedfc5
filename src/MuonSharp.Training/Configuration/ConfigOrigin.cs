namespace MuonSharp.Training;

/// <summary>Where a value of a configuration came from.</summary>
/// <param name="Source">The kind of place.</param>
/// <param name="Name">Which one: a preset, a file, an option; empty where there is only one.</param>
public sealed record ConfigOrigin(ConfigSource Source, string Name = "")
{
    /// <summary>Nobody set it.</summary>
    public static ConfigOrigin Default { get; } = new(ConfigSource.Default);

    /// <summary>A program set it.</summary>
    public static ConfigOrigin Code { get; } = new(ConfigSource.Code);

    /// <summary>A comparison set it, because it is one.</summary>
    public static ConfigOrigin Comparison { get; } = new(ConfigSource.Comparison);

    /// <summary>Whether somebody wrote this value for this run: in a file, an option, or a program.</summary>
    public bool IsGiven => Source is ConfigSource.File or ConfigSource.Option or ConfigSource.Code;

    /// <inheritdoc/>
    public override string ToString() => Source switch
    {
        ConfigSource.Default => "default",
        ConfigSource.Preset => $"preset {Name}",
        ConfigSource.Reference => $"reference {Name}",
        ConfigSource.Run => "the run",
        ConfigSource.File => $"file {Name}",
        ConfigSource.Option => Name,
        ConfigSource.Comparison => "comparison",
        _ => "given",
    };
}

/// <summary>The kinds of places that values come from, the weaker first.</summary>
public enum ConfigSource
{
    /// <summary>The library's default.</summary>
    Default,

    /// <summary>A preset.</summary>
    Preset,

    /// <summary>The reference of an optimizer or of its preset, which brings its numbers, or a model's family, which brings its positions.</summary>
    Reference,

    /// <summary>The configuration of a run that is taken up again.</summary>
    Run,

    /// <summary>A configuration file.</summary>
    File,

    /// <summary>An option of the command line.</summary>
    Option,

    /// <summary>A comparison.</summary>
    Comparison,

    /// <summary>A program.</summary>
    Code,
}

/// <summary>Where the values of a configuration came from when it was built.</summary>
/// <param name="config">The configuration with the values that are meant.</param>
/// <param name="origins">The places; a key without one has its default.</param>
internal sealed class ConfigOrigins(TrainingConfig config, IReadOnlyDictionary<ConfigKey, ConfigOrigin> origins)
{
    /// <summary>A configuration with nothing set.</summary>
    public static readonly TrainingConfig Defaults = new();

    public TrainingConfig Config => config;

    public ConfigOrigin Of(ConfigKey key) => origins.GetValueOrDefault(key) ?? ConfigOrigin.Default;
}
