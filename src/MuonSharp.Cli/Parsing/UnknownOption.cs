using System.CommandLine;
using MuonSharp.Training;

namespace MuonSharp.Cli.Parsing;

/// <summary><c>--unknown</c>: what becomes of characters that a run's tokenizer does not know.</summary>
/// <param name="where">Where they would come from: <c>the prompt</c>.</param>
internal sealed class UnknownOption(string where)
{
    private static readonly string[] s_words = ["refuse", "skip"];

    /// <summary>What the parser knows.</summary>
    public Option<string> Option { get; } = Words.Of("--unknown", $"What becomes of characters of {where} that the run's tokenizer does not know: refused with a list of them, or left out.", s_words);

    /// <summary>What a command line says.</summary>
    public UnknownCharacters Read(ParseResult parsed) => parsed.GetValue(Option) == s_words[1] ? UnknownCharacters.Skip : UnknownCharacters.Refuse;
}
