using System.CommandLine;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Signals;
using MuonSharp.Cli.Train;
using MuonSharp.Experiments;
using MuonSharp.Pictures;

namespace MuonSharp.Cli.Experiments;

/// <summary>One way to show an experiment: to a person, or to a program.</summary>
internal interface IExperimentView<in TPlan, in TEvent, in TResult>
{
    /// <summary>Before the first run: what is about to happen.</summary>
    void Begin(TPlan plan, string folder);

    /// <summary>Something happened.</summary>
    void Show(TEvent happened);

    /// <summary>The user asked to stop; the steps in progress are finished first.</summary>
    void Stopping();

    /// <summary>After the last run, or those that were stopped.</summary>
    void End(TResult result, string folder);
}

/// <summary>What the commands that train many runs have in common: <c>compare</c> and <c>sweep</c>.</summary>
internal static class ExperimentCommand
{
    private const string Parent = "runs";

    /// <summary>The folder where none is named.</summary>
    /// <param name="preset">The preset of the runs; empty where there is none.</param>
    /// <param name="command">The command.</param>
    /// <param name="identity">Letters that differ for what cannot share a folder.</param>
    public static string Folder(string preset, string command, string identity) => Path.Combine(Parent, $"{(preset.Length == 0 ? "run" : preset)}-{command}-{identity}");

    /// <summary>Does all that is left to do, shows it, and writes the page.</summary>
    public static async Task<TResult> RunAsync<TPlan, TEvent, TResult>(
        TPlan plan, string folder, IExperimentView<TPlan, TEvent, TResult> view, Func<TPlan, string, IExperiment<TEvent, TResult>> open, Func<TResult, string, string> writePage)
    {
        StandardStreams.MessagesMayBeLost();
        using var signals = new StopSignals(view.Stopping);
        using IExperiment<TEvent, TResult> experiment = open(plan, folder);
        view.Begin(plan, folder);
        TResult result = await experiment.RunAsync(view.Show, signals.Token);
        writePage(result, folder);
        view.End(result, folder);
        return result;
    }
}

/// <summary>The options that those commands have in common; what says what is trained is as in <c>train</c>.</summary>
internal abstract class ExperimentCommandOptions
{
    private const int MostSeeds = 1000;
    private const int MostParallel = 1024;

    private readonly TrainOptions _train = new();

    /// <param name="fits">Which options of <c>train</c> that stand for a key the command has.</param>
    /// <param name="runs">What the runs are that are done with every seed.</param>
    protected ExperimentCommandOptions(Func<string, bool> fits, string runs)
    {
        Keys = [.. _train.Keys.Where(key => fits(key.Key)).Select(Described)];
        Seeds = Numbers.Between("--seeds", $"{runs}: with train.seed, and with the numbers that follow it.", 1, MostSeeds, 1);
    }

    /// <summary><c>--seeds</c>.</summary>
    public Option<int> Seeds { get; }

    /// <summary><c>--parallel</c>.</summary>
    public Option<int> Parallel { get; } = Numbers.Between(
        "--parallel", "Runs at once, each with an equal share of the threads; 0: several where steps are small, else one after the other. The losses have the same bits for any number.", 0, MostParallel, 0);

    /// <summary><c>--preset</c>.</summary>
    public Option<string?> Preset => _train.Preset;

    /// <summary><c>--config</c>.</summary>
    public Option<string[]> Config => _train.Config;

    /// <summary><c>--set</c>.</summary>
    public Option<string[]> Set => _train.Set;

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    /// <summary>The options that stand for a configuration key.</summary>
    public IReadOnlyList<ConfigOption> Keys { get; }

    /// <summary>All of them, in the order in which the help shows them.</summary>
    protected abstract IEnumerable<Option> All { get; }

    /// <summary>Adds all of them to the command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>What an experiment's own options are completed with.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">Its own options.</param>
    protected T Complete<T>(ParseResult parsed, T options)
        where T : ExperimentOptions => options with
        {
            Preset = parsed.GetValue(Preset),
            Files = parsed.GetValue(Config) ?? [],
            Settings = [.. OrderedSettings.From(parsed, Set, Keys).Select(setting => KeyValuePair.Create(setting.Key, setting.Value))],
            Seeds = parsed.GetValue(Seeds),
            Parallel = parsed.GetValue(Parallel) is > 0 and var parallel ? parallel : null,
            Surroundings = new() { ImageDecoder = new PictureDecoder() },
        };

    private static ConfigOption Described(ConfigOption option)
    {
        if (option.Key == "train.threads")
        {
            option.Option.Description = "Threads that compute, of all runs together; 0 takes all cores. The losses have the same bits for any number. [default: 0]";
        }

        return option;
    }
}
