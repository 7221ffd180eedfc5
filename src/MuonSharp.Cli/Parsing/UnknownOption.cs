using System.CommandLine;
using MuonSharp.Training;

namespace MuonSharp.Cli.Parsing;

/// <summary><c>--unknown</c>: what becomes of characters that a run's tokenizer does not know.</summary>
/// <param name="where">Where they would come from: <c>the prompt</c>.</param>
internal sealed class UnknownOption(string where)
{
    private static readonly string[] s_words = ["refuse", "skip"];

    /// <summary>What the parser knows.</summary>
    public Option<string> Option { get; } = Create(where);

    /// <summary>What a command line says.</summary>
    public UnknownCharacters Read(ParseResult parsed) => parsed.GetValue(Option) == s_words[1] ? UnknownCharacters.Skip : UnknownCharacters.Refuse;

    private static Option<string> Create(string where)
    {
        Option<string> option = new("--unknown")
        {
            HelpName = string.Join('|', s_words),
            Description = $"What becomes of characters of {where} that the run's tokenizer does not know: refused with a list of them, or left out.",
            DefaultValueFactory = _ => s_words[0],
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => !s_words.Contains(token.Value, StringComparer.Ordinal)) is { } other)
            {
                result.AddError($"--unknown must be {string.Join(" or ", s_words)}; '{other.Value}' came");
            }
        });
        return option;
    }
}
