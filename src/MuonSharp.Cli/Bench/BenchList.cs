using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Bench;

/// <summary>What can be measured.</summary>
internal static class BenchList
{
    /// <summary>Names by family, with the form that other names of it have.</summary>
    /// <param name="only">What was asked for; empty: all standard names.</param>
    /// <param name="json">Whether each name is an object.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="ToolException">A name is none.</exception>
    public static int Write(IReadOnlyCollection<string> only, bool json)
    {
        var terminal = new Terminal(TerminalMode.Detect());
        var cases = BenchFamilies.Select(only);
        if (only.Count == 0 || only.Contains(BenchFamilies.Peak))
        {
            Family(terminal, json, BenchFamilies.Peak, BenchFamilies.Peak, "multiply-adds on registers alone; comes first whatever else is measured", [BenchFamilies.Peak]);
        }

        foreach (var alike in cases.GroupBy(entry => entry.Family))
        {
            Family(terminal, json, alike.Key.Name, alike.Key.Pattern, alike.Key.About, alike.Select(entry => entry.Name));
        }

        return ExitCode.Done;
    }

    private static void Family(Terminal terminal, bool json, string family, string pattern, string about, IEnumerable<string> names)
    {
        if (json)
        {
            foreach (var name in names)
            {
                JsonLines.Write(new JsonObject { ["kind"] = "name", ["name"] = name, ["family"] = family });
            }

            return;
        }

        terminal.Line(pattern, Style.Strong);
        terminal.Line($"  {about}", Style.Label);
        foreach (var name in names)
        {
            terminal.Line($"  {name}");
        }
    }
}
