using System.IO.Compression;
using System.Xml.Linq;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Packages;

/// <summary>The packages of this build in a folder of their own, made once for all tests that need them.</summary>
public sealed class PackageFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public PackageFolder()
    {
        string configuration = string.Equals(Repository.Flavour, "release", StringComparison.Ordinal) ? "Release" : "Debug";
        Dotnet.Run(Repository.Root, null, "pack", Path.Combine(Repository.Root, "MuonSharp.slnx"), "--no-build", "-c", configuration, "-o", FullPath).Exits(0);
    }

    public string FullPath => folder.FullPath;

    /// <summary>Names of the packages, without versions.</summary>
    public IEnumerable<string> Names => Directory.GetFiles(FullPath, "*.nupkg").Select(IdOf).Order(StringComparer.Ordinal);

    /// <summary>The version that all of them carry.</summary>
    public string Version => Assert.Single(Directory.GetFiles(FullPath, "*.nupkg").Select(file => TextOf(file, "version")).Distinct(StringComparer.Ordinal));

    /// <summary>Paths inside a package.</summary>
    public string[] Entries(string id)
    {
        using ZipArchive archive = ZipFile.OpenRead(FileOf(id));
        return [.. archive.Entries.Select(entry => entry.FullName)];
    }

    /// <summary>A text inside a package.</summary>
    public string Content(string id, string entry)
    {
        using ZipArchive archive = ZipFile.OpenRead(FileOf(id));
        using var reader = new StreamReader(archive.GetEntry(entry)!.Open());
        return reader.ReadToEnd();
    }

    /// <summary>An element of a package's description of itself.</summary>
    public string Text(string id, string element) => TextOf(FileOf(id), element);

    /// <summary>Names of the packages that a package depends on.</summary>
    public string[] Dependencies(string id) => [.. Specification(FileOf(id)).Descendants().Where(IsNamed("dependency")).Select(node => (string)node.Attribute("id")!)];

    public void Dispose() => folder.Dispose();

    private static Func<XElement, bool> IsNamed(string name) => node => node.Name.LocalName == name;

    private static string IdOf(string file) => TextOf(file, "id");

    private static string TextOf(string file, string element) => Specification(file).Descendants().First(IsNamed(element)).Value;

    private static XDocument Specification(string file)
    {
        using ZipArchive archive = ZipFile.OpenRead(file);
        using Stream stream = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream);
    }

    private string FileOf(string id) => Directory.GetFiles(FullPath, "*.nupkg").Single(file => IdOf(file) == id);
}
