using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Signals;
using MuonSharp.Training;

namespace MuonSharp.Cli.Generate;

/// <summary><c>muonsharp generate</c>: text from a run's newest checkpoint, as it is drawn.</summary>
internal static class GenerateCommand
{
    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new GenerateOptions();
        var command = new Command("generate", "Samples text from a run; it appears as it is drawn.");
        options.AddTo(command);
        command.SetAction(parsed => Run(parsed, options));
        return new(command,
        [
            "muonsharp generate --run runs/mine",
            "muonsharp generate --run runs/mine --prompt \"It is a truth\" --tokens 1000 --temperature 0.7",
            "muonsharp generate --run runs/mine --top-k 40 --top-p 0.95 --seed 7",
        ]);
    }

    private static int Run(ParseResult parsed, GenerateOptions options)
    {
        var run = parsed.GetValue(options.Run) ?? throw ToolException.Usage("[generate] the run to sample from is missing: --run DIR");
        var drawing = options.Read(parsed);
        using var signals = new StopSignals(() => { });
        using var generator = TextGenerator.FromRun(run, parsed.GetValue(options.Threads));
        foreach (var notice in generator.Notices)
        {
            Console.Error.WriteLine($"note: {notice}");
        }

        var prompt = parsed.GetValue(options.Prompt)!;
        var pieces = generator.Generate(prompt, drawing).TakeWhile(_ => !signals.Requested);
        if (parsed.GetValue(options.Json))
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "sample",
                ["step"] = generator.Step,
                ["prompt"] = prompt,
                ["text"] = string.Concat(pieces),
            });
        }
        else
        {
            Stream(prompt, pieces);
        }

        if (!generator.LogitsWereFinite)
        {
            Console.Error.WriteLine($"note: [generate] {run}: the model's logits are not finite, so that the text means nothing; the run has diverged");
        }

        return signals.Requested ? ExitCode.Cancelled : ExitCode.Done;
    }

    /// <summary>A file gets the text as it is; a terminal gets no control characters.</summary>
    private static void Stream(string prompt, IEnumerable<string> pieces)
    {
        var live = TerminalMode.Detect().Live;
        foreach (var piece in pieces.Prepend(prompt))
        {
            Console.Out.Write(live ? Printable.Of(piece) : piece);
            Console.Out.Flush();
        }

        Console.Out.WriteLine();
    }
}
