using System.CommandLine;
using System.Globalization;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Signals;
using MuonSharp.Experiments;
using MuonSharp.Numerics;
using MuonSharp.Pictures;
using MuonSharp.Training;

namespace MuonSharp.Cli.Reproduce;

/// <summary><c>muonsharp reproduce</c>: runs the experiment behind a claim and writes its table and picture.</summary>
internal static class ReproduceCommand
{
    private const string Parent = "runs/reproduce";
    private const string Repository = "docs/RESULTS.md";

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new ReproduceOptions();
        var command = new Command("reproduce", "Runs the experiment behind a claim about Muon on this machine, and writes its table, its verdict and its picture. What is done is not done again.");
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(parsed, options));
        return new(command,
        [
            "muonsharp reproduce --list",
            "muonsharp reproduce qk-clip",
            "muonsharp reproduce sample-efficiency --quick",
            "muonsharp reproduce cifar --data DIR --set image.epochs=2",
            "muonsharp reproduce same-bits --results docs/RESULTS.md",
        ]);
    }

    private static async Task<int> RunAsync(ParseResult parsed, ReproduceOptions options)
    {
        IReproduceView view = parsed.GetValue(options.Json) ? new JsonView() : new TextView(new Terminal(TerminalMode.Detect()));
        if (parsed.GetValue(options.List))
        {
            view.List();
            return ExitCode.Done;
        }

        Claim claim = Claims.Find(parsed.GetValue(options.Claim) ?? throw ToolException.Usage($"[reproduce] which claim? {string.Join(", ", Claims.All.Select(each => each.Name))}; --list says more"));
        bool quick = parsed.GetValue(options.Quick);
        string folder = parsed.GetValue(options.Out) ?? Path.Combine(Parent, quick ? $"{claim.Name}-quick" : claim.Name);
        string file = parsed.GetValue(options.Results) ?? (!quick && File.Exists(Repository) ? Repository : Path.Combine(folder, Path.GetFileName(Repository)));
        KeyValuePair<string, string>[] settings = [.. OrderedSettings.From(parsed, options.Set, options.Keys).Select(setting => KeyValuePair.Create(setting.Key, setting.Value))];
        var how = new ClaimOptions { Quick = quick, Settings = settings, Surroundings = new() { ImageDecoder = new PictureDecoder() }, Tool = Self() };
        StandardStreams.MessagesMayBeLost();
        using var signals = new StopSignals(view.Stopping);
        view.Begin(claim, folder);
        ClaimResult result;
        try
        {
            result = await claim.ReproduceAsync(how, folder, view.Show, signals.Token);
        }
        catch (OperationCanceledException) when (signals.Requested)
        {
            view.Stopped(folder);
            return ExitCode.Cancelled;
        }

        string command = Command(claim, quick, settings);
        string? picture = ClaimSection.Write(file, claim, result, command, Circumstances(settings));
        view.End(claim, result, file, picture);
        return ExitCode.Done;
    }

    /// <summary>The command as it stands below the figures; of data only the name, which is not this machine's.</summary>
    internal static string Command(Claim claim, bool quick, IEnumerable<KeyValuePair<string, string>> settings) => string.Join(' ',
    [
        "muonsharp reproduce", claim.Name, .. quick ? ["--quick"] : Array.Empty<string>(),
        .. settings.Where(setting => setting.Key != "train.threads").Select(setting => setting.Key == "data.file"
            ? $"--data {ShellText.Quoted(Path.GetFileName(Path.TrimEndingDirectorySeparator(setting.Value)))}"
            : $"--set {ShellText.Quoted(setting.Key)}={ShellText.Quoted(setting.Value)}"),
    ]);

    private static string Circumstances(IEnumerable<KeyValuePair<string, string>> settings)
    {
        string threads = settings.LastOrDefault(setting => setting.Key == "train.threads").Value is { } given && given != "0" ? given : Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
        return $"{RunEnvironment.ProcessorName()}, vectors of {VectorWidth.Bits} bits, threads: {threads}, {TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";
    }

    /// <summary>This program as another process: the file itself, or the runtime and the library.</summary>
    private static string[] Self()
    {
        string program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, "exec", Path.Combine(AppContext.BaseDirectory, "muonsharp.dll")] : [program];
    }
}

/// <summary>The options of <c>muonsharp reproduce</c>.</summary>
internal sealed class ReproduceOptions
{
    /// <summary>Name of the claim.</summary>
    public Argument<string?> Claim { get; } = new("NAME") { Description = "The claim, one of those that --list names.", Arity = ArgumentArity.ZeroOrOne };

    /// <summary><c>--list</c>.</summary>
    public Option<bool> List { get; } = new("--list") { Description = "List the claims, their goals and what is run for them." };

    /// <summary><c>--quick</c>.</summary>
    public Option<bool> Quick { get; } = new("--quick") { Description = "As small as can be: shows that it works here, and nothing of the claim." };

    /// <summary><c>--out</c>.</summary>
    public Option<string?> Out { get; } = CommonOptions.Folder("--out", "Folder of its runs; what is there is gone on with. [default: runs/reproduce/NAME]");

    /// <summary><c>--results</c>.</summary>
    public Option<string?> Results { get; } = CommonOptions.Folder(
        "--results", "The Markdown page whose section of this claim is written; its picture goes into results/ beside it. [default: docs/RESULTS.md where there is one and without --quick, else RESULTS.md in the folder of the runs]", "FILE");

    /// <summary><c>--set</c>.</summary>
    public Option<string[]> Set { get; } = new("--set") { HelpName = "key=value", Description = "One key for every run, over the claim's own: another experiment, which the results name. Repeatable." };

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    /// <summary>The options that stand for a configuration key.</summary>
    public IReadOnlyList<ConfigOption> Keys { get; } =
    [
        ConfigOption.Of("--data", "data.file", "PATH", "A text, or for cifar a folder of images, to train on. [default: the embedded corpus]"),
        ConfigOption.Of("--threads", "train.threads", "N", "Threads that compute; 0 takes all cores. The result has the same bits for any number. [default: 0]"),
    ];

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        command.Add(Claim);
        Option[] all = [List, Quick, .. Keys.Select(key => key.Option), Set, Out, Results, Json];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }
}
