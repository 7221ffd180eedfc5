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
        string name = command is RootCommand ? "muonsharp" : command.Name;
        string? unknown = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        string problem = unknown is null ? parsed.Errors[0].Message : Unknown(command, unknown);
        string help = command is RootCommand ? "muonsharp --help" : $"muonsharp {name} --help";
        return $"[{name}] {problem.TrimEnd('.')} ({help} lists what there is)";
    }

    private static string Unknown(Command command, string token)
    {
        bool option = token.StartsWith('-');
        IEnumerable<string> known = option
            ? command.Options.Where(candidate => !candidate.Hidden).Select(candidate => candidate.Name)
            : command.Subcommands.Select(candidate => candidate.Name);
        string what = option ? "option" : command is RootCommand ? "command" : "argument";
        string? near = NearestName.Of(token.Split('=')[0], known);
        return near is null ? $"unknown {what} {token}" : $"unknown {what} {token}; did you mean {near}?";
    }
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
        if (examples.TryGetValue(parseResult.CommandResult.Command.Name, out string[]? lines))
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (string line in lines.SelectMany(ForWindow))
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
