using System.CommandLine;

namespace MuonSharp.Cli.Parsing;

/// <summary>Turns what the parser found into one line a person can act on.</summary>
internal static class UsageErrors
{
    /// <summary>The line, or null when the command line is in order.</summary>
    public static string? Describe(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0 && parsed.UnmatchedTokens.Count == 0)
        {
            return null;
        }

        var command = parsed.CommandResult.Command;
        var name = command is RootCommand ? "muonsharp" : command.Name;
        var unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        var problem = unknown is null ? parsed.Errors[0].Message : Unknown(command, unknown);
        var help = command is RootCommand ? "muonsharp --help" : $"muonsharp {name} --help";
        return $"[{name}] {problem.TrimEnd('.')} ({help} lists what there is)";
    }

    private static string Unknown(Command command, string token)
    {
        var option = token.StartsWith('-');
        var known = option
            ? command.Options.Where(candidate => !candidate.Hidden).Select(candidate => candidate.Name)
            : command.Subcommands.Select(candidate => candidate.Name);
        var what = option ? "option" : command is RootCommand ? "command" : "argument";
        var near = Nearest.Of(token.Split('=')[0], known);
        return near is null ? $"unknown {what} {token}" : $"unknown {what} {token}; did you mean {near}?";
    }
}
