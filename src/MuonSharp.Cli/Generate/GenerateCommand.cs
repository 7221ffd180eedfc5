using System.CommandLine;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Signals;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Cli.Generate;

/// <summary><c>muonsharp generate</c>: text from a run's checkpoint, as it is drawn.</summary>
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
            "muonsharp generate",
            "muonsharp generate --run runs/mine --checkpoint best",
            "muonsharp generate --run runs/mine --prompt \"It is a truth\" --tokens 1000 --temperature 0.7",
            "muonsharp generate --run runs/mine --top-k 40 --top-p 0.95 --seed 7",
        ]);
    }

    private static int Run(ParseResult parsed, GenerateOptions options)
    {
        GenerationOptions drawing = options.Read(parsed);
        (string run, CheckpointChoice checkpoint) = options.Run.Read(parsed);
        using var signals = new StopSignals(() => { });
        using var generator = TextGenerator.FromRun(run, parsed.GetValue(options.Threads), checkpoint);
        foreach (string notice in generator.Notices)
        {
            ErrorReport.Note(notice);
        }

        string prompt = options.ReadPrompt(parsed);
        IEnumerable<string> pieces = generator.Generate(prompt, drawing).TakeWhile(_ => !signals.Requested);
        if (parsed.GetValue(options.Json))
        {
            JsonLines.Write(new JsonObject
            {
                ["kind"] = "sample",
                ["step"] = generator.Step,
                ["prompt"] = prompt,
                ["text"] = string.Concat(pieces.Select(WhileSomebodyReads)),
            });
        }
        else
        {
            Stream(prompt, pieces);
        }

        if (!generator.LogitsWereFinite)
        {
            ErrorReport.Note($"[generate] {run}: the model's logits are not finite, so that the text means nothing; the run has diverged");
        }

        return signals.Requested ? ExitCode.Cancelled : ExitCode.Done;
    }

    private static string WhileSomebodyReads(string piece)
    {
        StandardStreams.ThrowIfClosed();
        return piece;
    }

    /// <summary>A file gets the text as it is; a terminal gets no control characters but line ends and tabs: the others are shown.</summary>
    private static void Stream(string prompt, IEnumerable<string> pieces)
    {
        bool shown = !Console.IsOutputRedirected;
        foreach (string? piece in pieces.Prepend(prompt))
        {
            Console.Out.Write(shown ? OneLine.Printable(piece) : piece);
            Console.Out.Flush();
        }

        Console.Out.WriteLine();
    }
}

/// <summary>The options of <c>muonsharp generate</c>.</summary>
internal sealed class GenerateOptions
{
    private const string FromInput = "-";

    private static readonly GenerationOptions s_standard = new();

    /// <summary><c>--run</c> and <c>--checkpoint</c>.</summary>
    public RunChoice Run { get; } = new("generate", "sample from");

    /// <summary><c>--prompt</c>.</summary>
    public Option<string> Prompt { get; } = new("--prompt")
    {
        HelpName = "TEXT",
        Description = $"Text to continue; {FromInput} reads it from standard input.",
        DefaultValueFactory = _ => string.Empty,
    };

    private UnknownOption Unknown { get; } = new("the prompt");

    /// <summary><c>--threads</c>.</summary>
    public Option<int> Threads { get; } = CommonOptions.Threads();

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    private Option<int> Tokens { get; } = Numbers.Between("--tokens", "Tokens to draw.", 0, int.MaxValue, s_standard.Tokens);

    private Option<double> Temperature { get; } =
        Numbers.Between("--temperature", "Divides the logits; 0 takes the likeliest token.", 0, 1000, s_standard.Temperature);

    private Option<int> TopK { get; } = Numbers.Between("--top-k", "Draw only from that many likeliest tokens; 0 draws from all.", 0, int.MaxValue, s_standard.TopK);

    private Option<double> TopP { get; } =
        Numbers.Between("--top-p", "Draw only from the likeliest tokens that reach this probability together.", 0, 1, s_standard.TopP, above: true);

    private Option<ulong> Seed { get; } = Numbers.Between("--seed", "Same seed, same text.", ulong.MinValue, ulong.MaxValue, s_standard.Seed);

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Run.Run, Run.Checkpoint, Prompt, Unknown.Option, Tokens, Temperature, TopK, TopP, Seed, Threads, Json })
        {
            command.Add(option);
        }
    }

    /// <summary>The text to continue; of standard input without the line end that a shell puts behind it.</summary>
    public string ReadPrompt(ParseResult parsed)
    {
        if (parsed.GetValue(Prompt) is { } text and not FromInput)
        {
            return text;
        }

        using StreamReader input = new(Console.OpenStandardInput());
        string read = input.ReadToEnd();
        return read.EndsWith('\n') ? read[..^1] : read;
    }

    /// <summary>How to draw, as the command line says.</summary>
    public GenerationOptions Read(ParseResult parsed) => new()
    {
        Tokens = parsed.GetValue(Tokens),
        Temperature = parsed.GetValue(Temperature),
        TopK = parsed.GetValue(TopK),
        TopP = parsed.GetValue(TopP),
        Seed = parsed.GetValue(Seed),
        Unknown = Unknown.Read(parsed),
    };
}
