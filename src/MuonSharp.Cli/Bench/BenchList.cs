using System.Text.Json.Nodes;
using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Bench;

/// <summary>What can be measured.</summary>
internal static class BenchList
{
    /// <summary>Names by family, with the form that other names of it have.</summary>
    /// <returns>The exit code.</returns>
    public static int Write(bool json)
    {
        var terminal = new Terminal(TerminalMode.Detect());
        foreach (var family in BenchFamilies.All)
        {
            if (json)
            {
                foreach (var name in family.Standard)
                {
                    JsonLines.Write(new JsonObject { ["kind"] = "name", ["name"] = name, ["family"] = family.Name });
                }

                continue;
            }

            terminal.Line($"{family.Pattern}", Style.Strong);
            terminal.Line($"  {family.About}", Style.Label);
            foreach (var name in family.Standard)
            {
                terminal.Line($"  {name}");
            }
        }

        return ExitCode.Done;
    }
}
