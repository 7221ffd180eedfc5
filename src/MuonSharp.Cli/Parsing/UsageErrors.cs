using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

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
        string? near = Nearest.Of(token.Split('=')[0], known);
        return near is null ? $"unknown {what} {token}" : $"unknown {what} {token}; did you mean {near}?";
    }
}

/// <summary>Finds the word that was probably meant.</summary>
internal static class Nearest
{
    /// <summary>The candidate with the smallest edit distance, or null when none is close (a third of the letters or three, whichever is more).</summary>
    public static string? Of(string word, IEnumerable<string> candidates)
    {
        int limit = Math.Max(3, word.Length / 3);
        return candidates
            .Select(candidate => (candidate, distance: Distance(word, candidate)))
            .Where(pair => pair.distance <= limit && pair.distance < pair.candidate.Length)
            .OrderBy(pair => pair.distance)
            .ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.</summary>
    private static int Distance(string from, string to)
    {
        int[,] cost = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            cost[i, 0] = i;
        }

        for (int j = 0; j <= to.Length; j++)
        {
            cost[0, j] = j;
        }

        for (int i = 1; i <= from.Length; i++)
        {
            for (int j = 1; j <= to.Length; j++)
            {
                int replace = char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1;
                cost[i, j] = Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + replace);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[from.Length, to.Length];
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
            foreach (string line in lines)
            {
                output.WriteLine($"  {line}");
            }

            output.WriteLine();
        }

        return code;
    }
}
