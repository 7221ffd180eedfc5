using System.CommandLine;
using System.CommandLine.Parsing;
using MuonSharp.Cli.Errors;
using MuonSharp.Experiments;
using MuonSharp.Training;

namespace MuonSharp.Cli.Parsing;

/// <summary>An option that is another way to write a configuration key.</summary>
/// <param name="Option">What the parser knows; given twice, the last one wins.</param>
/// <param name="Key">The dotted key it sets, such as <c>train.steps</c>.</param>
internal sealed record ConfigOption(Option<string[]> Option, string Key)
{
    /// <summary>Whether values given several times make a list, instead of the last one winning.</summary>
    public bool Joins { get; init; }

    /// <summary>Makes the option; its values are checked where all values are: by the configuration.</summary>
    public static ConfigOption Of(string name, string key, string helpName, string description, bool joins = false) =>
        new(new Option<string[]>(name) { Description = description, HelpName = helpName }, key) { Joins = joins };
}

/// <summary>The options that make up a configuration: what it starts from, files, and single keys.</summary>
internal abstract class ConfigOptions
{
    /// <summary><c>--preset</c>.</summary>
    public Option<string?> Preset { get; } = new("--preset")
    {
        HelpName = "NAME",
        Description = $"The configuration to start from: {string.Join(", ", Presets.Names)}. [default: {Presets.Default}]",
    };

    /// <summary><c>--config</c>.</summary>
    public Option<string[]> Config { get; } = new("--config")
    {
        HelpName = "FILE",
        Description = "A JSON file with some or all keys; it goes over the preset.",
    };

    /// <summary><c>--set</c>.</summary>
    public Option<string[]> Set { get; } = new("--set")
    {
        HelpName = "key=value",
        Description = "One key, such as model.layers=6 or optimizer.nesterov=false; every option of the optimizer is one. Repeatable; what is written last wins.",
    };

    /// <summary>The options that stand for a configuration key.</summary>
    public abstract IReadOnlyList<ConfigOption> Keys { get; }

    /// <summary>The option that names a stored model whose sizes are taken; null: there is none.</summary>
    protected virtual Option<string?>? StoredModel => null;

    /// <summary>The configuration that a command line asks for: preset, stored model, files, then settings and options in the order given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="start">What it changes; null: a preset.</param>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    public TrainingConfig Compose(ParseResult parsed, TrainingConfig? start = null)
    {
        TrainingConfigBuilder builder = new();
        if (start is not null)
        {
            builder.StartFrom(start);
        }
        else if (parsed.GetValue(Preset) is { } preset)
        {
            builder.UsePreset(preset);
        }

        if (StoredModel is { } option && parsed.GetValue(option) is { } folder)
        {
            builder.UseModel(folder);
        }

        foreach (string file in parsed.GetValue(Config) ?? [])
        {
            builder.AddFile(file);
        }

        foreach ((string origin, string key, string value) in OrderedSettings.From(parsed, Set, Keys))
        {
            builder.Set(key, value, new(ConfigSource.Option, origin));
        }

        return builder.Build();
    }

    /// <summary>Whether a command line sets any key.</summary>
    public bool SetsKeys(ParseResult parsed) => parsed.GetValue(Config) is { Length: > 0 } || OrderedSettings.From(parsed, Set, Keys).Any();

    /// <summary><c>--data</c>.</summary>
    protected static ConfigOption Data => ConfigOption.Of(
        "--data", "data.file", "PATH", "A UTF-8 text to train on: a file, a folder, a pattern, or - for standard input; for a network of images the folder of them. Repeatable: texts are joined. [default: the embedded corpus]",
        joins: true);

    /// <summary><c>--optimizer</c>.</summary>
    protected static ConfigOption Optimizer => ConfigOption.Of(
        "--optimizer", "optimizer.name", "NAME",
        $"Who steps the hidden matrices: {string.Join(", ", OptimizerChoice.Names)}; AdamW ({OptimizerChoice.NotBesideAdamW}) steps the rest. [default: muon]");

    /// <summary><c>--steps</c>.</summary>
    protected static ConfigOption Steps => ConfigOption.Of("--steps", "train.steps", "N", "Number of steps. [default: the preset's]");

    /// <summary><c>--threads</c>.</summary>
    protected static ConfigOption Threads => ConfigOption.Of(
        "--threads", "train.threads", "N", "Threads that compute; 0 takes all cores. The result has the same bits for any number. [default: 0]");
}

/// <summary>The settings of a command line in the order in which they were written, so that the last one wins.</summary>
internal static class OrderedSettings
{
    /// <summary>Every <c>--set key=value</c> and every option that stands for a key, in order.</summary>
    /// <exception cref="ToolException">A <c>--set</c> without an equals sign.</exception>
    public static IEnumerable<(string Origin, string Key, string Value)> From(ParseResult parsed, Option<string[]> set, IReadOnlyList<ConfigOption> options)
    {
        Option? current = null;
        List<string> joined = [];
        foreach (Token token in parsed.Tokens)
        {
            if (token.Type == TokenType.Option)
            {
                current = parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == token.Value);
                continue;
            }

            if (token.Type != TokenType.Argument || current is null)
            {
                continue;
            }

            if (current == set)
            {
                yield return Split(token.Value);
            }
            else if (options.FirstOrDefault(option => option.Option == current) is { } option)
            {
                if (option.Joins)
                {
                    joined.Add(token.Value);
                }

                yield return (option.Option.Name, option.Key, option.Joins ? DataFiles.ToSetting(joined) : token.Value);
            }

            current = null;
        }
    }

    private static (string Origin, string Key, string Value) Split(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? ("--set", text[..equals].Trim(), text[(equals + 1)..])
            : throw ToolException.Usage($"[--set] a setting is key=value; '{text}' came");
    }
}
