using System.CommandLine;
using MuonSharp.Cli.Errors;
using MuonSharp.Training;

namespace MuonSharp.Cli.Parsing;

/// <summary>The options that say which run's model a command is about, and which checkpoint of it.</summary>
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

    /// <summary>The run folder and the checkpoint that a command line asks for; a folder that was found is named on standard error.</summary>
    /// <exception cref="ToolException">There is no run, or the checkpoint is no choice.</exception>
    public (string Run, CheckpointChoice Checkpoint) Read(ParseResult parsed)
    {
        string text = parsed.GetValue(Checkpoint)!;
        if (!CheckpointChoice.TryParse(text, out CheckpointChoice choice))
        {
            throw ToolException.Usage($"[{command}] --checkpoint must be latest, best or a step's number; '{text}' came");
        }

        return (parsed.GetValue(Run) ?? Newest(), choice);
    }

    private string Newest()
    {
        string run = RunFolder.FindNewest(Parent)?.Path
            ?? throw ToolException.Usage($"[{command}] a run to {doing} is needed; there is none with a checkpoint below {Parent}/ here: name one with --run DIR, or make one with muonsharp train");
        ErrorReport.Note($"[{command}] {run}: the newest run; --run DIR takes another");
        return run;
    }
}
