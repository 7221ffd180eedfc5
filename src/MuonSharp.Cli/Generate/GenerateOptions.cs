using System.CommandLine;
using MuonSharp.Cli.Parsing;
using MuonSharp.Training;

namespace MuonSharp.Cli.Generate;

/// <summary>The options of <c>muonsharp generate</c>.</summary>
internal sealed class GenerateOptions
{
    private const string FromInput = "-";

    private static readonly GenerationOptions s_standard = new();

    /// <summary><c>--run</c> and <c>--checkpoint</c>.</summary>
    public RunChoice Run { get; } = new("generate", "sample from");

    /// <summary><c>--prompt</c>.</summary>
    public Option<string[]> Prompts { get; } = new("--prompt")
    {
        HelpName = "TEXT",
        Description = $"Text to continue; {FromInput} reads it from standard input. Repeatable: all are continued at once. [default: empty]",
    };

    private UnknownOption Unknown { get; } = new("the prompt");

    private Option<bool> PlainPrompt { get; } = new("--plain-prompt") { Description = "Names of special tokens in a prompt, such as <|endoftext|>, are text. [default: they stand for the tokens]" };

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

    private Option<double> MinP { get; } =
        Numbers.Between("--min-p", "Draw only from tokens that are at least this share as likely as the likeliest; 0 draws from all.", 0, 1, s_standard.MinP);

    private Option<double> RepetitionPenalty { get; } = Numbers.Between(
        "--repetition-penalty", "Divides positive logits of tokens that are there already, and multiplies negative ones; 1 changes nothing.", 0, 1000, s_standard.RepetitionPenalty, above: true);

    private Option<string[]> Stop { get; } = new("--stop")
    {
        HelpName = "TEXT",
        Description = "Ends where this text would come, which is not printed. Repeatable.",
    };

    private Option<ulong> Seed { get; } = Numbers.Between("--seed", "Same seed, same text.", ulong.MinValue, ulong.MaxValue, s_standard.Seed);

    /// <summary>Adds all of them to the command, in the order in which the help shows them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[.. Run.All, Run.Tokenizer, Prompts, PlainPrompt, Unknown.Option, Tokens, Stop, Temperature, TopK, TopP, MinP, RepetitionPenalty, Seed, Threads, Json])
        {
            command.Add(option);
        }
    }

    /// <summary>The texts to continue.</summary>
    public string[] ReadPrompts(ParseResult parsed) =>
        parsed.GetValue(Prompts) is { Length: > 0 } prompts ? [.. prompts.Select(static prompt => prompt == FromInput ? ReadInput() : prompt)] : [string.Empty];

    /// <summary>How to draw, as the command line says.</summary>
    public GenerationOptions Read(ParseResult parsed) => new()
    {
        Tokens = parsed.GetValue(Tokens),
        Temperature = parsed.GetValue(Temperature),
        TopK = parsed.GetValue(TopK),
        TopP = parsed.GetValue(TopP),
        MinP = parsed.GetValue(MinP),
        RepetitionPenalty = parsed.GetValue(RepetitionPenalty),
        Stop = parsed.GetValue(Stop) ?? [],
        Seed = parsed.GetValue(Seed),
        PlainPrompt = parsed.GetValue(PlainPrompt),
        Unknown = Unknown.Read(parsed),
    };

    /// <summary>Standard input without the line end that a shell puts behind it.</summary>
    private static string ReadInput()
    {
        using StreamReader input = new(Console.OpenStandardInput());
        string read = input.ReadToEnd();
        return read.EndsWith('\n') ? read[..^1] : read;
    }
}
