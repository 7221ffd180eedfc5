using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Parsing;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>The effective configuration: preset, then <c>--config</c> files, then settings and options in the order given.</summary>
internal static class ConfigComposer
{
    /// <summary>For a new run.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    public static TrainingConfig New(ParseResult parsed, ConfigOptions options)
    {
        var builder = new TrainingConfigBuilder();
        if (parsed.GetValue(options.Preset) is { } preset)
        {
            builder.UsePreset(preset);
        }

        return Apply(builder, parsed, options).Build();
    }

    /// <summary>For a run that is taken up again; null when nothing is to change.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; all of it is listed.</exception>
    /// <exception cref="ToolException">The folder holds no run that can be read.</exception>
    public static TrainingConfig? Changed(ParseResult parsed, TrainOptions options, string runFolder)
    {
        if (parsed.GetValue(options.Preset) is not null)
        {
            throw ToolException.Usage("[train] --preset starts a new run; with --resume, change single keys with --set");
        }

        string[] files = parsed.GetValue(options.Config) ?? [];
        var settings = OrderedSettings.From(parsed, options.Set, options.Keys).ToList();
        return files.Length == 0 && settings.Count == 0
            ? null
            : Apply(new TrainingConfigBuilder().StartFrom(Saved(runFolder)), parsed, options).Build();
    }

    private static TrainingConfigBuilder Apply(TrainingConfigBuilder builder, ParseResult parsed, ConfigOptions options)
    {
        foreach (string? file in parsed.GetValue(options.Config) ?? [])
        {
            builder.AddFile(file);
        }

        foreach ((string _, string? key, string? value) in OrderedSettings.From(parsed, options.Set, options.Keys))
        {
            builder.Set(key, value);
        }

        return builder;
    }

    /// <summary>What the run folder says is input, not usage, when it is wrong.</summary>
    private static TrainingConfig Saved(string runFolder)
    {
        var folder = new RunFolder(runFolder);
        _ = folder.ReadConfig();
        try
        {
            return TrainingConfig.Load(folder.ConfigPath);
        }
        catch (ConfigurationException error)
        {
            throw ToolException.BadInput(error.Problems[0]);
        }
    }
}
