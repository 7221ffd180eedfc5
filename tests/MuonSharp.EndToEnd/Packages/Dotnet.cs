using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Packages;

/// <summary>The <c>dotnet</c> command as a developer uses it.</summary>
internal static class Dotnet
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="packages">Where restored packages go: never the user's own cache, where a build of this version would stay.</param>
    /// <param name="arguments">The command line.</param>
    public static ProcessResult Run(string folder, string? packages, params string[] arguments)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["MSBUILDDISABLENODEREUSE"] = "1",
        };
        if (packages is not null)
        {
            variables["NUGET_PACKAGES"] = packages;
        }

        using var running = new RunningProcess("dotnet", arguments, folder, variables);
        return running.Wait();
    }
}
