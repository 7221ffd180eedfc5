namespace MuonSharp.Conformance.Cases;

/// <summary>Finds the cases: below tests/golden, and below each folder that MUONSHARP_GOLDEN names, separated by ':'.</summary>
internal static class GoldenFolders
{
    public const string Variable = "MUONSHARP_GOLDEN";

    /// <summary>The repository above the test program.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of every case, relative to the repository when it lies inside.</summary>
    public static IEnumerable<string> Cases() => Cases(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The folder of every case, with other folders than the environment's.</summary>
    public static IEnumerable<string> Cases(string? folders)
    {
        string[] others = (folders ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return others.Prepend(Path.Combine(Root, "tests", "golden")).Select(Path.GetFullPath).Distinct(StringComparer.Ordinal).SelectMany(Below);
    }

    // A folder without a case is a case that fails: a mistyped path must not look like a pass.
    private static IEnumerable<string> Below(string folder)
    {
        string[] found = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, GoldenCase.FileName, SearchOption.AllDirectories).Select(file => Shown(Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal)]
            : [];
        return found.Length > 0 ? found : [Shown(folder)];
    }

    private static string Shown(string folder) => folder.StartsWith(Root + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? Path.GetRelativePath(Root, folder) : folder;

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "MuonSharp.slnx"))) return at.FullName;
        }

        throw new InvalidOperationException("[conformance] the repository's root holds MuonSharp.slnx; none is above the test program");
    }
}
