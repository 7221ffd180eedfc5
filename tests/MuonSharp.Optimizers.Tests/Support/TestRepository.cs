namespace MuonSharp.Optimizers.Tests;

/// <summary>Finds the repository above the test's own folder.</summary>
internal static class TestRepository
{
    public static string Root { get; } = Find();

    public static string Golden(string name) => Path.Combine(Root, "tests", "golden", "traces", name);

    public static string GoldenNumeric(string name) => Path.Combine(Root, "tests", "golden", "numeric", name);

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MuonSharp.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("[tests] the repository's root holds MuonSharp.slnx; none was found");
    }
}
