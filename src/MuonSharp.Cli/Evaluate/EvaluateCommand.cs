using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Training;

namespace MuonSharp.Cli.Evaluate;

/// <summary><c>muonsharp evaluate</c>: how well a run's model predicts a text.</summary>
internal static class EvaluateCommand
{
    private static readonly RunChoice s_run = new("evaluate", "evaluate");

    private static readonly Option<string[]> s_data = new("--data")
    {
        HelpName = "PATH",
        Description = "A UTF-8 text: a file, a folder, a pattern, or - for standard input; repeatable. [default: the text that the run held out]",
    };

    private static readonly UnknownOption s_unknown = new("--data");

    private static readonly Option<int> s_threads = CommonOptions.Threads();

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var command = new Command("evaluate", "Measures the loss of a run, or of a stored model, on text, over windows of the context's length that do not overlap.");
        foreach (Option option in (Option[])[.. s_run.All, s_run.Tokenizer, s_data, s_unknown.Option, s_threads, s_json])
        {
            command.Add(option);
        }

        command.SetAction(Run);
        return new(command,
        [
            "muonsharp evaluate --run runs/mine",
            "muonsharp evaluate --run runs/mine --checkpoint best",
            "muonsharp evaluate --run runs/mine --data other.txt --json",
            "muonsharp evaluate --model models/theirs --data other.txt",
        ]);
    }

    private static int Run(ParseResult parsed)
    {
        ModelChoice model = s_run.Read(parsed);
        string[] paths = parsed.GetValue(s_data) ?? [];
        if (model.Checkpoint is null && paths.Length == 0)
        {
            throw ToolException.Usage("[evaluate] a stored model has no text of its own; name one with --data");
        }

        using Evaluator evaluator = model.Checkpoint is { } checkpoint
            ? Evaluator.FromRun(model.Path, parsed.GetValue(s_threads), checkpoint) : Evaluator.FromModel(model.Path, parsed.GetValue(s_threads), parsed.GetValue(s_run.Tokenizer));
        foreach (string notice in evaluator.Notices)
        {
            ErrorReport.Note(notice);
        }

        DataFiles? files = paths.Length == 0 ? null : paths.All(path => path.Length > 0) ? new([.. paths]) : throw ToolException.Usage("[evaluate] --data takes a path; '' came");
        EvaluationResult result = files is null ? evaluator.EvaluateValidation() : evaluator.EvaluateFile(files, s_unknown.Read(parsed));
        if (result.UnknownCharacters > 0)
        {
            ErrorReport.Note($"[evaluate] {files}: {Amount.Of(result.UnknownCharacters, "character")} that the run's tokenizer does not know left out");
        }

        if (parsed.GetValue(s_json))
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "evaluation",
                ["step"] = evaluator.Step,
                ["loss"] = double.IsFinite(result.Loss) ? result.Loss : null,
                ["bits_per_byte"] = double.IsFinite(result.BitsPerByte) ? result.BitsPerByte : null,
                ["tokens"] = result.Tokens,
                ["bytes"] = result.Bytes,
            });
            return ExitCode.Done;
        }

        new Terminal(TerminalMode.Detect()).Columns(
        [
            ["text", files?.ToString() ?? "held out by the run"],
            ["loss", $"{Amount.Loss(result.Loss)} nats per token"],
            ["bits per byte", Amount.Loss(result.BitsPerByte)],
            ["measured on", $"{Amount.Count(result.Tokens)} tokens, {Amount.Count(result.Bytes)} bytes{(evaluator.Step is { } step ? $", after step {Amount.Count(step)}" : "")}"],
        ], Style.Label);
        return ExitCode.Done;
    }
}
