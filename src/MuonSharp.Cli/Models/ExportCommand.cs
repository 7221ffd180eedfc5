using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Cli.Models;

/// <summary><c>muonsharp export</c>: a run's model for other programs.</summary>
internal static class ExportCommand
{
    private const string HuggingFace = "huggingface";
    private const string Gguf = "gguf";

    private static readonly Dictionary<string, GgufElement> s_types = new(StringComparer.OrdinalIgnoreCase) { ["f32"] = GgufElement.F32, ["f16"] = GgufElement.F16, ["q8_0"] = GgufElement.Q80 };

    private static readonly RunChoice s_run = new("export", "export");

    private static readonly Argument<string> s_target = new("target") { HelpName = "PATH", Description = "The folder to make, new or empty; or the GGUF file to make." };

    private static readonly Option<string> s_format = new("--format")
    {
        HelpName = $"{HuggingFace}|{Gguf}",
        Description = "Which programs are to read it: a folder for Hugging Face's libraries, or a file for llama.cpp.",
        DefaultValueFactory = _ => HuggingFace,
    };

    private static readonly Option<string?> s_type = new("--type") { HelpName = "f32|f16|q8_0", Description = "How a GGUF file stores matrices. [default: f32]" };

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var command = new Command("export", "Writes the model of a run, or a stored one, for other programs.");
        foreach (Symbol symbol in (Symbol[])[s_target, s_format, s_type, .. s_run.All, s_json])
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
            "muonsharp export --run runs/mine --format gguf --type q8_0 mine.gguf",
            "muonsharp export --run runs/mine --checkpoint best models/best",
        ]);
    }

    private static int Run(ParseResult parsed)
    {
        string format = parsed.GetValue(s_format)!, target = parsed.GetValue(s_target)!;
        if (format is not (HuggingFace or Gguf))
        {
            throw ToolException.Usage($"[export] --format must be {HuggingFace} or {Gguf}; '{format}' came");
        }

        string? asked = parsed.GetValue(s_type);
        GgufElement type = GgufElement.F32;
        if (asked is not null && (format != Gguf || !s_types.TryGetValue(asked, out type)))
        {
            throw ToolException.Usage($"[export] --type must be one of {string.Join(", ", s_types.Keys)}, of --format {Gguf}; '{asked}' and {format} came");
        }

        ModelChoice model = s_run.Read(parsed);
        ExportedModel written = (format, model.Checkpoint) switch
        {
            (Gguf, { } checkpoint) => ModelExport.ToGguf(model.Path, target, type, checkpoint),
            (Gguf, null) => ModelExport.ConvertToGguf(model.Path, target, type),
            (_, { } checkpoint) => ModelExport.ToHuggingFace(model.Path, target, checkpoint),
            _ => ModelExport.Convert(model.Path, target),
        };
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
