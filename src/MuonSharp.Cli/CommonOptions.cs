using System.CommandLine;
using MuonSharp.Cli.Parsing;

namespace MuonSharp.Cli;

/// <summary>Options that several commands share, written once.</summary>
internal static class CommonOptions
{
    private const int MostThreads = 1024;

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON Lines on standard output and nothing else." };

    /// <summary><c>--run</c>.</summary>
    public static Option<string?> Run(string description) => new("--run") { HelpName = "DIR", Description = description };

    /// <summary><c>--threads</c>.</summary>
    public static Option<int> Threads() =>
        Numbers.Between("--threads", "Threads that compute; 0 takes all cores. The result has the same bits for any number.", 0, MostThreads, 0);
}
