using System.CommandLine;
using System.CommandLine.Parsing;
using MuonSharp.Cli.Errors;

namespace MuonSharp.Cli.Parsing;

/// <summary>The settings of a command line in the order in which they were written, so that the last one wins.</summary>
internal static class OrderedSettings
{
    /// <summary>Every <c>--set key=value</c> and every option that stands for a key, in order.</summary>
    /// <exception cref="ToolException">A <c>--set</c> without an equals sign.</exception>
    public static IEnumerable<(string Origin, string Key, string Value)> From(ParseResult parsed, Option<string[]> set, IReadOnlyList<ConfigOption> options)
    {
        Option? current = null;
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.Option)
            {
                current = parsed.CommandResult.Command.Options.FirstOrDefault(option => option.Name == token.Value);
                continue;
            }

            if (token.Type != TokenType.Argument || current is null)
            {
                continue;
            }

            if (current == set)
            {
                yield return Split(token.Value);
            }
            else if (options.FirstOrDefault(option => option.Option == current) is { } option)
            {
                yield return (option.Option.Name, option.Key, token.Value);
            }

            current = null;
        }
    }

    private static (string Origin, string Key, string Value) Split(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? ("--set", text[..equals].Trim(), text[(equals + 1)..].Trim())
            : throw ToolException.Usage($"[--set] a setting is key=value; '{text}' came");
    }
}
