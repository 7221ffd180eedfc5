using System.CommandLine;

namespace MuonSharp.Cli.Parsing;

/// <summary>Options whose value is one of a few words.</summary>
internal static class Words
{
    /// <summary>An option.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it says.</param>
    /// <param name="words">The words; the first one is the default.</param>
    public static Option<string> Of(string name, string description, params string[] words)
    {
        Option<string> option = new(name) { HelpName = string.Join('|', words), Description = description, DefaultValueFactory = _ => words[0] };
        option.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => !words.Contains(token.Value, StringComparer.Ordinal)) is { } other)
            {
                result.AddError($"{name} must be {string.Join(" or ", words)}; '{other.Value}' came");
            }
        });
        return option;
    }
}
