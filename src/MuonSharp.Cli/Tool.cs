using System.CommandLine;
using System.CommandLine.Help;
using MuonSharp.Cli.Bench;
using MuonSharp.Cli.Compare;
using MuonSharp.Cli.Doctor;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Evaluate;
using MuonSharp.Cli.Generate;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Plan;
using MuonSharp.Cli.Replay;
using MuonSharp.Cli.Train;

namespace MuonSharp.Cli;

/// <summary>The tool as a whole: finds the command, runs it, and turns whatever goes wrong into one line and an exit code.</summary>
internal static class Tool
{
    private static readonly ToolCommand[] Commands =
    [
        TrainCommand.Create(),
        GenerateCommand.Create(),
        EvaluateCommand.Create(),
        CompareCommand.Create(),
        PlanCommand.Create(),
        ReplayCommand.Create(),
        BenchCommand.Create(),
        DoctorCommand.Create(),
    ];

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">What follows the program's name.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = Root();
        if (arguments.Length == 0)
        {
            await root.Parse("--help").InvokeAsync();
            return ExitCode.Usage;
        }

        // A prompt may begin with @, so there are no response files.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Action is not (ExampleHelp or { ClearsParseErrors: true }) && UsageErrors.Describe(parsed) is { } problem)
        {
            return ErrorReport.Write(ExitCode.Usage, problem);
        }

        if (parsed.Action is not (ExampleHelp or { ClearsParseErrors: true }) && VectorBits.Problem is { } wrong)
        {
            return ErrorReport.Write(ExitCode.Usage, wrong);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error)
        {
            return ErrorReport.Write(error);
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand("Trains small language models with the Muon optimizer, on your own processor.");
        foreach (var command in Commands)
        {
            root.Add(command.Command);
        }

        var help = root.Options.OfType<HelpOption>().Single();
        var examples = Commands.ToDictionary(command => command.Command.Name, command => command.Examples, StringComparer.Ordinal);
        examples[root.Name] = [.. Commands.Select(command => command.Examples[0])];
        help.Action = new ExampleHelp((HelpAction)help.Action!, examples);
        return root;
    }
}
