using System.CommandLine;

namespace MuonSharp.Cli;

/// <summary>Options that several commands share, written once.</summary>
internal static class CommonOptions
{
    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON Lines on standard output and nothing else." };

    /// <summary><c>--threads</c>.</summary>
    public static Option<int> Threads() =>
        Parsing.Numbers.Between("--threads", "Threads that compute; 0 takes all cores. The results have the same bits for any number.", 0, 1024, 0);
}
