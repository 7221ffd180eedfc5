using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Experiments;

namespace MuonSharp.Cli.Replay;

/// <summary><c>muonsharp replay</c>: parity with somebody else's recorded run.</summary>
internal static class ReplayCommand
{
    private const double StandardTolerance = 1e-4;

    private const string TraceName = "trace.safetensors";

    private static readonly Argument<string> s_file = new("TRACE")
    {
        Description = "The recorded run: a safetensors file of the format muonsharp-trace/1, or a folder with a trace.safetensors.",
    };

    private static readonly Option<double> s_tolerance = Numbers.Between(
        "--tolerance", "The largest deviation that is still parity.", 0, double.MaxValue, StandardTolerance);

    private static readonly Option<int> s_threads = CommonOptions.Threads();

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var command = new Command(
            "replay", "Steps recorded gradients through the optimizers that train uses and compares the weights with the recorded ones.")
        {
            s_file, s_tolerance, s_threads, s_json,
        };
        command.SetAction(Run);
        return new(command,
        [
            "muonsharp replay trace.safetensors",
            "muonsharp replay trace.safetensors --tolerance 1e-3 --json",
        ]);
    }

    private static int Run(ParseResult parsed)
    {
        string path = FileOf(parsed.GetValue(s_file)!);
        double tolerance = parsed.GetValue(s_tolerance);
        using var trace = Trace.Open(path);
        ReplayResult result = TraceReplay.Run(trace, parsed.GetValue(s_threads));
        if (parsed.GetValue(s_json))
        {
            WriteJson(trace, result, tolerance);
        }
        else
        {
            WriteText(trace, result, tolerance);
        }

        ReplayDeviation worst = result.Worst;
        return worst.Deviation <= tolerance
            ? ExitCode.Done
            : throw ToolException.BadInput(
                $"[replay] {path}: deviations must be at most {Amount.Rate(tolerance)}; '{worst.Parameter}' ({worst.Optimizer}) is {Text(worst.Deviation)} off after step {worst.Step}");
    }

    /// <summary>The trace in a folder of a golden case, or the file itself.</summary>
    private static string FileOf(string path) => !Directory.Exists(path) ? path
        : File.Exists(Path.Combine(path, TraceName)) ? Path.Combine(path, TraceName)
        : throw ToolException.BadInput($"[replay] {path}: a trace is a file; this folder holds no {TraceName}");

    private static void WriteText(Trace trace, ReplayResult result, double tolerance)
    {
        var terminal = new Terminal(TerminalMode.Detect());
        terminal.Line($"recorded by {trace.Source}", Style.Label);
        terminal.Table(new(
            [new("parameter"), new("optimizer", Style: Style.Label), new("deviation", ColumnKind.Number, Style: Style.Strong), new(""), new("where", ColumnKind.Text, Style: Style.Label)],
            result.Parameters.Select(row => (string[])
                [row.Parameter, row.Optimizer, Text(row.Deviation), row.Deviation <= tolerance ? "ok" : "OFF", $"after step {row.Step}, the largest of {row.Comparisons}"])));
        if (result.Worst.Deviation <= tolerance)
        {
            terminal.Line(
                $"parity: {Amount.Of(result.Parameters.Length, "parameter")} over {Amount.Of(result.Steps, "step")}, the largest deviation is {Text(result.Worst.Deviation)} (tolerance {Amount.Rate(tolerance)})",
                Style.Good);
        }
    }

    private static void WriteJson(Trace trace, ReplayResult result, double tolerance)
    {
        foreach (ReplayDeviation row in result.Parameters)
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "parameter",
                ["name"] = row.Parameter,
                ["optimizer"] = row.Optimizer,
                ["deviation"] = Number(row.Deviation),
                ["step"] = row.Step,
                ["comparisons"] = row.Comparisons,
            });
        }

        JsonLines.Write(new JsonObject
        {
            ["kind"] = "replay",
            ["source"] = trace.Source,
            ["steps"] = result.Steps,
            ["parameters"] = result.Parameters.Length,
            ["deviation"] = Number(result.Worst.Deviation),
            ["tolerance"] = tolerance,
            ["parity"] = result.Worst.Deviation <= tolerance,
        });
    }

    private static string Text(double deviation) => double.IsFinite(deviation) ? Amount.Rate(deviation) : "not finite";

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
