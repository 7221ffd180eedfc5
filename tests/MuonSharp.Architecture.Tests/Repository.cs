using System.Xml.Linq;

namespace MuonSharp.Architecture.Tests;

/// <summary>The checked-out repository: its root, its projects, its files without build output.</summary>
internal static class Repository
{
    private static readonly string[] s_notSource = ["artifacts", "bin", "obj", "runs", "TestResults", ".git", ".vs", ".vscode", ".idea"];

    public static string Root { get; } = FindRoot();

    /// <summary>Project files below src/, sorted by name.</summary>
    public static IReadOnlyList<string> SourceProjects { get; } = Projects("src");

    /// <summary>Project files below tests/, sorted by name.</summary>
    public static IReadOnlyList<string> TestProjects { get; } = Projects("tests");

    /// <summary>Names of the projects below src/ that others can reference as a package: everything but programs.</summary>
    public static IEnumerable<string> Libraries => SourceProjects.Where(p => !IsProgram(p)).Select(NameOf);

    /// <summary>The libraries whose public surface is promised to users. The rest is part of the tool and may change with any release.</summary>
    public static IEnumerable<string> PromisedLibraries => Libraries.Where(name => name is not ("MuonSharp.Experiments" or "MuonSharp.Dashboard"));

    public static string NameOf(string project) => Path.GetFileNameWithoutExtension(project);

    public static bool IsProgram(string project) =>
        XDocument.Load(project).Descendants("OutputType").Any(e => string.Equals(e.Value, "Exe", StringComparison.Ordinal));

    public static IEnumerable<string> ReferencedProjects(string project) =>
        XDocument.Load(project).Descendants("ProjectReference")
            .Select(e => NameOf(e.Attribute("Include")!.Value.Replace('\\', '/')));

    /// <summary>All files below a folder of the repository, build output left out, in a fixed order.</summary>
    public static IEnumerable<string> Files(string folder, string pattern = "*") =>
        Walk(Path.Combine(Root, folder), pattern).Order(StringComparer.Ordinal);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static IEnumerable<string> Walk(string folder, string pattern)
    {
        if (!Directory.Exists(folder)) return [];
        IEnumerable<string> inside = Directory.EnumerateDirectories(folder)
            .Where(d => !s_notSource.Contains(Path.GetFileName(d), StringComparer.Ordinal))
            .SelectMany(d => Walk(d, pattern));
        return Directory.EnumerateFiles(folder, pattern).Where(f => !s_notSource.Contains(Path.GetFileName(f), StringComparer.Ordinal)).Concat(inside);
    }

    private static List<string> Projects(string folder) => [.. Files(folder, "*.csproj")];

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "MuonSharp.slnx"))) return at.FullName;
        }

        throw new InvalidOperationException($"[repository] MuonSharp.slnx is above the test program; not found above {AppContext.BaseDirectory}");
    }
}
