using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Signals;
using MuonSharp.Training;

namespace MuonSharp.Cli.Generate;

/// <summary><c>muonsharp generate</c>: text from a run's checkpoint, as it is drawn.</summary>
internal static class GenerateCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new GenerateOptions();
        var command = new Command("generate", "Samples text from a run, or from a stored model; it appears as it is drawn, and how fast on standard error at the end.");
        options.AddTo(command);
        command.SetAction(parsed => Run(parsed, options));
        return new(command,
        [
            "muonsharp generate",
            "muonsharp generate --run runs/mine --checkpoint best",
            "muonsharp generate --run runs/mine --prompt \"It is a truth\" --tokens 1000 --temperature 0.7",
            "muonsharp generate --model models/theirs --prompt \"Once upon a time\"",
            "muonsharp generate --run runs/mine --top-k 40 --top-p 0.95 --seed 7",
            "muonsharp generate --run runs/mine --prompt \"It is a truth\" --prompt \"She was\" --stop \".\" --json",
        ]);
    }

    private static int Run(ParseResult parsed, GenerateOptions options)
    {
        GenerationOptions drawing = options.Read(parsed);
        ModelChoice model = options.Run.Read(parsed);
        using var signals = new StopSignals(() => { });
        using TextGenerator generator = model.Checkpoint is { } checkpoint
            ? TextGenerator.FromRun(model.Path, parsed.GetValue(options.Threads), checkpoint) : TextGenerator.FromModel(model.Path, parsed.GetValue(options.Threads), parsed.GetValue(options.Run.Tokenizer));
        foreach (string notice in generator.Notices)
        {
            ErrorReport.Note(notice);
        }

        string[] prompts = options.ReadPrompts(parsed);
        IEnumerable<GeneratedText> pieces = generator.Generate(prompts, drawing, signals.Token);
        var texts = new GeneratedTexts(prompts, shown: parsed.GetValue(options.Json) ? null : Console.Out);
        texts.Start();
        try
        {
            foreach (GeneratedText piece in pieces)
            {
                StandardStreams.ThrowIfClosed();
                texts.Add(piece);
            }
        }
        catch (OperationCanceledException) when (signals.Requested)
        {
            // What there is of the texts is shown all the same.
        }

        texts.End();
        if (parsed.GetValue(options.Json))
        {
            texts.WriteJson(generator.Step, generator.Statistics);
        }
        else
        {
            Console.Error.WriteLine(GeneratedTexts.Speed(generator.Statistics));
        }

        if (!generator.LogitsWereFinite)
        {
            ErrorReport.Note($"[generate] {model.Path}: the model's logits are not finite, so that the text means nothing; the run has diverged");
        }

        return signals.Requested ? ExitCode.Cancelled : ExitCode.Done;
    }
}
