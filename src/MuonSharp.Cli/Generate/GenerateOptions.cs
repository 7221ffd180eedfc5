using System.CommandLine;
using MuonSharp.Cli.Parsing;
using MuonSharp.Training;

namespace MuonSharp.Cli.Generate;

/// <summary>The options of <c>muonsharp generate</c>.</summary>
internal sealed class GenerateOptions
{
    private static readonly GenerationOptions Standard = new();

    /// <summary><c>--run</c>.</summary>
    public Option<string?> Run { get; } = CommonOptions.Run("The run folder to sample from, required; its newest sound checkpoint is used.");

    /// <summary><c>--prompt</c>.</summary>
    public Option<string> Prompt { get; } = new("--prompt")
    {
        HelpName = "TEXT",
        Description = "Text to continue.",
        DefaultValueFactory = _ => string.Empty,
    };

    /// <summary><c>--threads</c>.</summary>
    public Option<int> Threads { get; } = CommonOptions.Threads();

    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = CommonOptions.Json();

    private Option<int> Tokens { get; } = Numbers.Between("--tokens", "Tokens to draw.", 0, int.MaxValue, Standard.Tokens);

    private Option<double> Temperature { get; } =
        Numbers.Between("--temperature", "Divides the logits; 0 takes the likeliest token.", 0, 1000, Standard.Temperature);

    private Option<int> TopK { get; } = Numbers.Between("--top-k", "Draw only from that many likeliest tokens; 0 draws from all.", 0, int.MaxValue, Standard.TopK);

    private Option<double> TopP { get; } =
        Numbers.Between("--top-p", "Draw only from the likeliest tokens that reach this probability together.", 0, 1, Standard.TopP, above: true);

    private Option<ulong> Seed { get; } = Numbers.Between("--seed", "Same seed, same text.", ulong.MinValue, ulong.MaxValue, Standard.Seed);

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Run, Prompt, Tokens, Temperature, TopK, TopP, Seed, Threads, Json })
        {
            command.Add(option);
        }
    }

    /// <summary>How to draw, as the command line says.</summary>
    public GenerationOptions Read(ParseResult parsed) => new()
    {
        Tokens = parsed.GetValue(Tokens),
        Temperature = parsed.GetValue(Temperature),
        TopK = parsed.GetValue(TopK),
        TopP = parsed.GetValue(TopP),
        Seed = parsed.GetValue(Seed),
    };
}
