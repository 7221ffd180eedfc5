namespace MuonSharp.EndToEnd.Processes;

/// <summary>The tool <c>muonsharp</c> as a user runs it: another process.</summary>
internal static class Tool
{
    /// <summary>Starts it.</summary>
    public static RunningProcess Start(IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string>? variables = null) =>
        new("dotnet", ["exec", Repository.Tool, .. arguments], folder, variables);

    /// <summary>Runs it to its end.</summary>
    public static ProcessResult Run(params string[] arguments) => Run(arguments, null);

    /// <summary>Runs it to its end, in a folder or with environment variables of its own.</summary>
    public static ProcessResult Run(IEnumerable<string> arguments, string? folder, IReadOnlyDictionary<string, string>? variables = null)
    {
        using RunningProcess running = Start(arguments, folder, variables);
        return running.Wait();
    }
}
