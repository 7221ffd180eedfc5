namespace MuonSharp.EndToEnd.Processes;

/// <summary>Where things are, found from where this test was built.</summary>
internal static class Repository
{
    /// <summary>The build's own flavour, the last part of the folder: <c>debug</c> or <c>release</c>.</summary>
    public static string Flavour { get; } = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Name;

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The built tool.</summary>
    public static string Tool { get; } = Path.Combine(Root, "artifacts", "bin", "MuonSharp.Cli", Flavour, "muonsharp.dll");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MuonSharp.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("No MuonSharp.slnx above the test's folder.");
    }
}
