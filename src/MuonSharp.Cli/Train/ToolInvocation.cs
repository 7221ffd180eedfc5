namespace MuonSharp.Cli.Train;

/// <summary>How the tool was started, so that the commands it suggests can be pasted.</summary>
internal static class ToolInvocation
{
    private const string Project = "src/MuonSharp.Cli";

    /// <summary><c>muonsharp</c> where it is installed; in a clone, the README's command.</summary>
    public static string Prefix { get; } =
        AppContext.BaseDirectory.Contains(Path.Combine("artifacts", "bin", "MuonSharp.Cli"), StringComparison.Ordinal) && Directory.Exists(Project)
            ? $"dotnet run -c Release --project {Project} --"
            : "muonsharp";
}
