using System.CommandLine;
using System.CommandLine.Help;
using MuonSharp.Cli.Bench;
using MuonSharp.Cli.Classify;
using MuonSharp.Cli.Compare;
using MuonSharp.Cli.Dashboard;
using MuonSharp.Cli.Doctor;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Evaluate;
using MuonSharp.Cli.Generate;
using MuonSharp.Cli.Models;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Plan;
using MuonSharp.Cli.Replay;
using MuonSharp.Cli.Report;
using MuonSharp.Cli.Reproduce;
using MuonSharp.Cli.Sweeps;
using MuonSharp.Cli.Tokenizers;
using MuonSharp.Cli.Train;

namespace MuonSharp.Cli;

/// <summary>The tool as a whole: finds the command, runs it, and turns whatever goes wrong into one line and an exit code.</summary>
internal static class Tool
{
    private static readonly ToolCommand[] s_commands =
    [
        TrainCommand.Create(),
        GenerateCommand.Create(),
        EvaluateCommand.Create(),
        ClassifyCommand.Create(),
        ImportCommand.Create(),
        ExportCommand.Create(),
        ReportCommand.Create(),
        DashboardCommand.Create(),
        CompareCommand.Create(),
        SweepCommand.Create(),
        ReproduceCommand.Create(),
        PlanCommand.Create(),
        ReplayCommand.Create(),
        BenchCommand.Create(),
        TokenizerCommand.Create(),
        DoctorCommand.Create(),
    ];

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">What follows the program's name.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        StandardStreams.Install(json: arguments.Contains("--json", StringComparer.Ordinal));
        try
        {
            int code = await RunCommandAsync(arguments);
            return code == ExitCode.Done && StandardStreams.Loss is { } lost ? ErrorReport.Write(ExitCode.CouldNotWrite, lost) : code;
        }
        catch (Exception error)
        {
            return ErrorReport.Write(error);
        }
    }

    private static async Task<int> RunCommandAsync(string[] arguments)
    {
        RootCommand root = Root();
        if (arguments.Length == 0)
        {
            await root.Parse("--help").InvokeAsync(Invocation());
            return ExitCode.Usage;
        }

        arguments = arguments switch
        {
            ["help"] => ["--help"],
            ["help", .. string[] command] => [.. command, "--help"],
            ["version"] => ["--version"],
            _ => arguments,
        };

        // A prompt may begin with @, so there are no response files.
        ParseResult parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Action is not (ExampleHelp or { ClearsParseErrors: true }) && UsageErrors.Describe(parsed) is { } problem)
        {
            return ErrorReport.Write(ExitCode.Usage, problem);
        }

        if (parsed.Action is not (ExampleHelp or { ClearsParseErrors: true }) && VectorBits.Problem is { } wrong)
        {
            return ErrorReport.Write(ExitCode.Usage, wrong);
        }

        return await parsed.InvokeAsync(Invocation());
    }

    private static InvocationConfiguration Invocation() => new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    private static RootCommand Root()
    {
        var root = new RootCommand("Trains small language models with the Muon optimizer, on your own processor.");
        foreach (ToolCommand command in s_commands)
        {
            root.Add(command.Command);
        }

        HelpOption help = root.Options.OfType<HelpOption>().Single();
        Dictionary<string, string[]> examples = s_commands.ToDictionary(command => command.Command.Name, command => command.Examples, StringComparer.Ordinal);
        examples[root.Name] = [.. s_commands.Select(command => command.Examples[0])];
        help.Action = new ExampleHelp((HelpAction)help.Action!, examples);
        return root;
    }
}

/// <summary>A command and the examples that its help ends with.</summary>
/// <param name="Command">What the parser knows.</param>
/// <param name="Examples">Whole command lines, the most useful first.</param>
internal sealed record ToolCommand(Command Command, string[] Examples);

/// <summary>Options that several commands share, written once.</summary>
internal static class CommonOptions
{
    private const int MostThreads = 1024;

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON Lines on standard output and nothing else." };

    /// <summary><c>--run</c>.</summary>
    public static Option<string?> Run(string description) => Folder("--run", description);

    /// <summary>An option with a folder's name, so not empty (a shell variable that is not set gives that).</summary>
    public static Option<string?> Folder(string name, string description, string helpName = "DIR")
    {
        var option = new Option<string?>(name) { HelpName = helpName, Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
            {
                result.AddError($"{name} takes {(helpName == "DIR" ? "the name of a folder" : "a path")}; '' came");
            }
        });
        return option;
    }

    /// <summary><c>--threads</c>.</summary>
    /// <param name="description">What they do, where that is not the usual thing.</param>
    public static Option<int> Threads(string description = "Threads that compute; 0 takes all cores. The result has the same bits for any number.") =>
        Numbers.Between("--threads", description, 0, MostThreads, 0);
}

/// <summary>What the process says to its caller when it ends: part of the command line's contract.</summary>
internal static class ExitCode
{
    /// <summary>The work is done.</summary>
    public const int Done = 0;

    /// <summary>The command line or the configuration breaks a rule.</summary>
    public const int Usage = 1;

    /// <summary>A file that was given (text, checkpoint, model) cannot be used.</summary>
    public const int BadInput = 2;

    /// <summary>The run diverged: too many steps in a row that were not finite.</summary>
    public const int Diverged = 3;

    /// <summary>The environment lacks something that was asked for.</summary>
    public const int MissingEnvironment = 4;

    /// <summary>A result could not be written; what was complete stays complete.</summary>
    public const int CouldNotWrite = 5;

    /// <summary>Stopped by Ctrl+C, SIGTERM, SIGHUP or SIGQUIT after a checkpoint was written.</summary>
    public const int Cancelled = 130;
}
