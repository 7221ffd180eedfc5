using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Report;

/// <summary><c>muonsharp report</c>: the page of a run, or of several laid over each other.</summary>
internal static class ReportCommand
{
    private const string Parent = "runs";

    private static readonly Argument<string[]> s_runs = new("RUN")
    {
        Description = "Run folders; several are laid over each other. [default: the newest run below runs/]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string?> s_out = new("--out")
    {
        HelpName = "FILE",
        Description = "The page to write. [default: report.html in the run's folder; of several runs, beside the first one's folder]",
    };

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var command = new Command("report", "Writes a page of runs, in progress or done: losses, rates, norms, samples and settings in one file that opens without a network.")
        {
            s_runs, s_out, s_json,
        };
        command.SetAction(Run);
        return new(command,
        [
            "muonsharp report",
            "muonsharp report runs/mine",
            "muonsharp report runs/adamw runs/muon --out both.html",
        ]);
    }

    private static int Run(ParseResult parsed)
    {
        string[] runs = parsed.GetValue(s_runs) is { Length: > 0 } given ? given : [Newest()];
        if (runs.Any(run => run.Length == 0))
        {
            throw ToolException.Usage("[report] a run is the name of a folder; '' came");
        }

        string file = parsed.GetValue(s_out) ?? Path.Combine(runs.Length == 1 ? runs[0] : Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(runs[0])))!, RunReport.FileName);
        RunReport.Write(runs, file);
        if (parsed.GetValue(s_json))
        {
            JsonLines.Write(new JsonObject { ["kind"] = "report", ["path"] = file, ["runs"] = new JsonArray([.. runs.Select(run => (JsonNode)run)]) });
            return ExitCode.Done;
        }

        Terminal terminal = new(TerminalMode.Detect());
        if (runs.Length == 1)
        {
            foreach (string line in TerminalLoss.Of(runs[0], terminal.Width, TerminalLoss.Unicode))
            {
                terminal.Line(line);
            }
        }

        terminal.Whole(FileLink.Of(file));
        return ExitCode.Done;
    }

    private static string Newest() => Directory.Exists(Parent)
        && Directory.EnumerateDirectories(Parent).Where(folder => new RunFolder(folder).HoldsRun).MaxBy(folder => File.GetLastWriteTimeUtc(new RunFolder(folder).MetricsPath)) is { } newest
        ? newest
        : throw ToolException.Usage("[report] which run? There is none below runs/; name one: muonsharp report RUN");
}
