using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Training;

namespace MuonSharp.Cli.Parsing;

/// <summary>The options that say which model a command is about: a run's, and which checkpoint of it, or one that is stored by itself.</summary>
/// <param name="command">The command's name, for messages.</param>
/// <param name="doing">What is done with the run: <c>sample from</c>.</param>
internal sealed class RunChoice(string command, string doing)
{
    private const string Parent = "runs";

    /// <summary><c>--run</c>.</summary>
    public Option<string?> Run { get; } = CommonOptions.Run($"The run folder to {doing}. [default: the run below {Parent}/ with the youngest checkpoint]");

    /// <summary><c>--checkpoint</c>.</summary>
    public Option<string> Checkpoint { get; } = new("--checkpoint")
    {
        HelpName = "latest|best|STEP",
        Description = "Which checkpoint of it: the newest sound one, that of the best evaluation, or that of a step.",
        DefaultValueFactory = _ => CheckpointChoice.Latest.ToString(),
    };

    /// <summary><c>--model</c>.</summary>
    public Option<string?> Model { get; } = CommonOptions.Folder("--model", $"A stored model to {doing} instead of a run's: a folder with config.json, model.safetensors and tokenizer.json, or a GGUF file.", "PATH");

    /// <summary><c>--tokenizer</c>, for commands that read or write text.</summary>
    public Option<string?> Tokenizer { get; } = CommonOptions.Folder("--tokenizer", "With --model: its tokenizer where it has none, or instead of its own: byte, gpt2, or a tokenizer.json.", "NAME|FILE");

    /// <summary>All of them but <see cref="Tokenizer"/>, in the order in which the help shows them.</summary>
    public IEnumerable<Option> All => [Run, Checkpoint, Model];

    /// <summary>The model that a command line asks for; a run that was found is named on standard error.</summary>
    /// <exception cref="ToolException">There is no run, the checkpoint is no choice, or two models are named.</exception>
    public ModelChoice Read(ParseResult parsed)
    {
        if (parsed.GetValue(Model) is { } folder)
        {
            Option? other = new Option[] { Run, Checkpoint }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });
            return other is null ? new(folder, Checkpoint: null) : throw ToolException.Usage($"[{command}] a stored model is no run; --model and {other.Name} came");
        }

        if (parsed.GetResult(Tokenizer) is not null)
        {
            throw ToolException.Usage($"[{command}] --tokenizer goes with --model; a run has its own");
        }

        string text = parsed.GetValue(Checkpoint)!;
        if (!CheckpointChoice.TryParse(text, out CheckpointChoice choice))
        {
            throw ToolException.Usage($"[{command}] --checkpoint must be latest, best or a step's number; '{text}' came");
        }

        return new(parsed.GetValue(Run) ?? Newest(), choice);
    }

    private string Newest()
    {
        string run = RunFolder.FindNewest(Parent)?.Path
            ?? throw ToolException.Usage($"[{command}] a run to {doing} is needed; there is none with a checkpoint below {Parent}/ here: name one with --run DIR, or make one with muonsharp train");
        ErrorReport.Note($"[{command}] {run}: the newest run; --run DIR takes another");
        return run;
    }
}

/// <summary>Which model.</summary>
/// <param name="Path">A run folder, or the folder or file of a stored model.</param>
/// <param name="Checkpoint">Which checkpoint of the run; null for a stored model.</param>
internal sealed record ModelChoice(string Path, CheckpointChoice? Checkpoint);
