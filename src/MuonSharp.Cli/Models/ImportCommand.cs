using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Train;
using MuonSharp.Training;

namespace MuonSharp.Cli.Models;

/// <summary><c>muonsharp import</c>: checks a stored model, and makes a folder of it.</summary>
internal static class ImportCommand
{
    private static readonly Argument<string> s_source = new("source")
    {
        HelpName = "PATH",
        Description = "A folder as Hugging Face's libraries have it: config.json, model.safetensors or its parts with an index, tokenizer.json; or a GGUF file.",
    };

    private static readonly Option<string?> s_out = CommonOptions.Folder("--out", "Write it again into this folder, which is new or empty, as Hugging Face's libraries have it: one file of weights in float32. [default: only look]");

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var command = new Command("import", "Checks a model that another program has stored, weights included, and says what it is: then --model and train --from take it.")
        {
            s_source, s_out, s_json,
        };
        command.SetAction(Run);
        return new(command,
        [
            "muonsharp import models/theirs",
            "muonsharp import models/theirs --out models/mine",
            "muonsharp import theirs.gguf",
        ]);
    }

    private static int Run(ParseResult parsed)
    {
        var model = ImportedModel.Open(parsed.GetValue(s_source)!);
        string? folder = parsed.GetValue(s_out);
        if (folder is not null)
        {
            ModelExport.Convert(model.Path, folder);
        }

        string named = folder ?? model.Path;
        if (parsed.GetValue(s_json))
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "model",
                ["path"] = named,
                ["family"] = model.Family,
                ["weights"] = model.Weights,
                ["layers"] = model.Layers,
                ["width"] = model.Width,
                ["heads"] = model.Heads,
                ["context"] = model.Context,
                ["vocabulary"] = model.Vocabulary,
                ["tokenizer"] = model.Tokenizer,
            });
            return ExitCode.Done;
        }

        Terminal terminal = new(TerminalMode.Detect());
        terminal.Columns(
        [
            ["model", $"{model.Family}, {Amount.Count(model.Weights)} weights, all of them read"],
            ["sizes", $"{Amount.Of(model.Layers, "layer")} of width {model.Width}, {Amount.Of(model.Heads, "head")}, context {Amount.Count(model.Context)}"],
            ["tokenizer", model.Tokenizer is null ? "none: nothing beside the weights says how a text becomes tokens" : $"{model.Tokenizer}, the model knows {Amount.Count(model.Vocabulary)} tokens"],
        ], Style.Label);
        terminal.Line();
        terminal.Line("next:", Style.Label);
        string quoted = ShellText.Quoted(named);
        foreach (string command in model.Tokenizer is null ? [$"plan --model {quoted}", $"train --from {quoted} --tokenizer NAME --data FILE"] : new[] { $"generate --model {quoted}", $"train --from {quoted} --data FILE" })
        {
            terminal.Whole($"  {ToolInvocation.Prefix} {command}");
        }

        return ExitCode.Done;
    }
}
