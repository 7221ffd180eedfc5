using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using MuonSharp.Cli.Output;
using MuonSharp.Training;

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

        Command command = parsed.CommandResult.Command;
        string name = command is RootCommand ? "muonsharp" : Outer(command) is { } outer ? $"{outer.Name} {command.Name}" : command.Name;
        string problem = parsed.UnmatchedTokens.Count == 0 ? parsed.Errors[0].Message : Unknown(command, parsed.UnmatchedTokens);
        string help = command is RootCommand ? "muonsharp --help" : $"muonsharp {name} --help";
        return $"[{name}] {problem.TrimEnd('.')} ({help} lists what there is)";
    }

    /// <summary>The command that a command is a part of; null: the tool itself.</summary>
    public static Command? Outer(Command command) => command.Parents.OfType<Command>().FirstOrDefault(parent => parent is not RootCommand);

    private static string Unknown(Command command, IReadOnlyList<string> tokens)
    {
        string token = tokens[0];
        string what = token.StartsWith('-') ? "option" : command is RootCommand ? "command" : "argument";
        string? hint = token.StartsWith('-') ? MeantOption.Hint(command, token, tokens.Count > 1 && !tokens[1].StartsWith('-') ? tokens[1] : null)
            : command is RootCommand ? Question(NearestName.Of(token, command.Subcommands.Select(known => known.Name)))
            : Question(MeantOption.ForPath(command, token));
        return $"unknown {what} {token}{(hint is null ? "" : $"; {hint}")}";
    }

    private static string? Question(string? meant) => meant is null ? null : $"did you mean {meant}?";
}

/// <summary>The parser's own help, followed by examples that can be pasted into a shell.</summary>
internal sealed class ExampleHelp(HelpAction standard, IReadOnlyDictionary<string, string[]> examples) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = standard.Invoke(parseResult);
        Command command = parseResult.CommandResult.Command;
        Command? outer = UsageErrors.Outer(command);
        if (examples.TryGetValue(outer?.Name ?? command.Name, out string[]? lines))
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (string line in lines.Where(line => outer is null || line.Contains($" {outer.Name} {command.Name} ", StringComparison.Ordinal)).SelectMany(ForWindow))
            {
                output.WriteLine($"  {line}");
            }

            output.WriteLine();
        }

        return code;
    }

    /// <summary>A command over as many lines as a window needs, joined as a shell joins them, so that it can still be pasted.</summary>
    private static IEnumerable<string> ForWindow(string command)
    {
        if (Console.IsOutputRedirected || OperatingSystem.IsWindows())
        {
            return [command];
        }

        string[] lines = [.. Wrapping.Commands(command, Console.WindowWidth - 3)];
        return lines.Select((line, index) => (index == 0 ? "" : "    ") + line + (index + 1 < lines.Length ? " \\" : ""));
    }
}
