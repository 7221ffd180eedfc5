using System.CommandLine;
using MuonSharp.Cli.Parsing;

namespace MuonSharp.Cli;

/// <summary>Options that several commands share, written once.</summary>
internal static class CommonOptions
{
    private const int MostThreads = 1024;

    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print JSON Lines on standard output and nothing else." };

    /// <summary><c>--run</c>: a folder's name, so not empty (a shell variable that is not set gives that).</summary>
    public static Option<string?> Run(string description)
    {
        var option = new Option<string?>("--run") { HelpName = "DIR", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
            {
                result.AddError("--run takes the name of a folder; '' came");
            }
        });
        return option;
    }

    /// <summary><c>--threads</c>.</summary>
    /// <param name="description">What they do, where that is not the usual thing.</param>
    public static Option<int> Threads(string description = "Threads that compute; 0 takes all cores. The result has the same bits for any number.") =>
        Numbers.Between("--threads", description, 0, MostThreads, 0);
}
