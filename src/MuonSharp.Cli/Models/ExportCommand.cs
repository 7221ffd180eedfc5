using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Training;

namespace MuonSharp.Cli.Models;

/// <summary><c>muonsharp export</c>: a run's model for other programs.</summary>
internal static class ExportCommand
{
    private const string HuggingFace = "huggingface";

    private static readonly RunChoice s_run = new("export", "export");

    private static readonly Argument<string> s_target = new("target") { HelpName = "PATH", Description = "The folder to make; it is new or empty." };

    private static readonly Option<string> s_format = new("--format")
    {
        HelpName = HuggingFace,
        Description = "Which programs are to read it: a folder for Hugging Face's libraries.",
        DefaultValueFactory = _ => HuggingFace,
    };

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var command = new Command("export", "Writes the model of a run, or a stored one, for other programs.");
        foreach (Symbol symbol in (Symbol[])[s_target, s_format, .. s_run.All, s_json])
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.SetAction(Run);
        return new(command,
        [
            "muonsharp export --run runs/mine --format huggingface models/mine",
            "muonsharp export --run runs/mine --checkpoint best models/best",
        ]);
    }

    private static int Run(ParseResult parsed)
    {
        string format = parsed.GetValue(s_format)!, target = parsed.GetValue(s_target)!;
        if (format != HuggingFace)
        {
            throw ToolException.Usage($"[export] --format must be {HuggingFace}; '{format}' came");
        }

        ModelChoice model = s_run.Read(parsed);
        ExportedModel written = model.Checkpoint is { } checkpoint ? ModelExport.ToHuggingFace(model.Path, target, checkpoint) : ModelExport.Convert(model.Path, target);
        foreach (string notice in written.Notices)
        {
            ErrorReport.Note(notice);
        }

        if (parsed.GetValue(s_json))
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "export",
                ["path"] = written.Path,
                ["format"] = format,
                ["form"] = written.Form,
                ["step"] = written.Step,
                ["weights"] = written.Weights,
                ["bytes"] = written.Bytes,
            });
            return ExitCode.Done;
        }

        new Terminal(TerminalMode.Detect()).Columns(
        [
            ["written", $"{written.Path}, {Amount.Bytes(written.Bytes)}"],
            ["model", $"{written.Form}, {Amount.Count(written.Weights)} weights{(written.Step is { } step ? $", after step {Amount.Count(step)}" : "")}"],
        ], Style.Label);
        return ExitCode.Done;
    }
}
