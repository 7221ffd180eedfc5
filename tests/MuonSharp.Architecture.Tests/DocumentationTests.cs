using System.Reflection;
using System.Xml.Linq;

namespace MuonSharp.Architecture.Tests;

/// <summary>
/// Every public member is documented. The compiler enforces the presence (CS1591, an error as every warning is);
/// these tests see that nobody switches it off and that the comments say something.
/// </summary>
public class DocumentationTests
{
    [Fact]
    public void Nobody_suppresses_the_missing_comment_warning_in_a_library()
    {
        string[] files =
        [
            .. Repository.Files("src").Where(f => Path.GetExtension(f) is ".cs" or ".csproj" or ".props" or ".targets" or ".editorconfig"),
            Path.Combine(Repository.Root, "Directory.Build.props"),
        ];
        IEnumerable<string> wrong =
            from file in files
            from line in File.ReadLines(file)
            where line.Contains("1591", StringComparison.Ordinal) && (line.Contains("pragma", StringComparison.Ordinal)
                || line.Contains("NoWarn", StringComparison.Ordinal) || line.Contains("severity", StringComparison.Ordinal)
                || line.Contains("SuppressMessage", StringComparison.Ordinal))
            select $"{Repository.Relative(file)}: {line.Trim()}";
        Offenders.None("CS1591 stays on in libraries", wrong);
    }

    [Fact]
    public void The_root_editorconfig_speaks_of_the_missing_comment_warning_for_tests_only()
    {
        string section = "";
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, ".editorconfig")))
        {
            if (line.StartsWith('[')) section = line.Trim();
            if (line.Contains("CS1591", StringComparison.Ordinal)) Assert.StartsWith("[tests/", section, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_library_writes_its_documentation_file_and_no_summary_is_empty()
    {
        List<string> wrong = [];
        foreach (string library in Repository.Libraries)
        {
            string path = Path.Combine(AppContext.BaseDirectory, library + ".xml");
            Assert.True(File.Exists(path), $"{library} writes no documentation file.");
            HashSet<string> types = [.. Assembly.Load(library).GetExportedTypes().Select(t => t.FullName!.Replace('+', '.'))];
            foreach (XElement member in XDocument.Load(path).Descendants("member").Where(m => types.Contains(OwnerOf(m.Attribute("name")!.Value))))
            {
                bool inherits = member.Descendants("inheritdoc").Any();
                string summary = member.Element("summary")?.Value.Trim() ?? "";
                bool linksOnly = member.Element("summary")?.Elements().Any() ?? false;
                if (!inherits && summary.Length == 0 && !linksOnly) wrong.Add($"{library}: {member.Attribute("name")?.Value}");
            }
        }

        Offenders.None("A summary says something", wrong);
    }

    /// <summary>The type that a name of the documentation file speaks of: T:Type itself, or what M:, P:, F:, E:Type.Member belongs to.</summary>
    private static string OwnerOf(string name)
    {
        string plain = name[2..].Split('(')[0];
        return name.StartsWith("T:", StringComparison.Ordinal) ? plain : plain[..plain.LastIndexOf('.')];
    }
}
