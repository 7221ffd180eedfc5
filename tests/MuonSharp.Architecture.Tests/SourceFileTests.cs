using System.Text.RegularExpressions;

namespace MuonSharp.Architecture.Tests;

/// <summary>Files a reader can hold in mind: small, one type each, named after it.</summary>
public partial class SourceFileTests
{
    private const int HardLimit = 300;
    private const int UsualLimit = 120;
    private const double ShareOverUsualLimit = 0.10;

    [Fact]
    public void No_file_has_more_than_300_lines()
    {
        IEnumerable<string> wrong =
            from file in Repository.Files("", "*.cs")
            let lines = File.ReadLines(file).Count()
            where lines > HardLimit
            select $"{Repository.Relative(file)} has {lines}";
        Offenders.None("A file has at most 300 lines", wrong);
    }

    [Fact]
    public void Few_files_of_the_product_have_more_than_120_lines()
    {
        (string File, int Lines)[] all = [.. Repository.Files("src", "*.cs").Select(f => (Repository.Relative(f), File.ReadLines(f).Count()))];
        (string File, int Lines)[] longer = [.. all.Where(f => f.Lines > UsualLimit).OrderByDescending(f => f.Lines)];
        Assert.True(
            longer.Length <= ShareOverUsualLimit * all.Length,
            $"{longer.Length} of {all.Length} files exceed {UsualLimit} lines, at most {ShareOverUsualLimit:P0} may:{Environment.NewLine}"
            + string.Join(Environment.NewLine, longer.Select(f => $"{f.Lines,4} {f.File}")));
    }

    [Fact]
    public void A_source_file_holds_one_type_and_is_named_after_it()
    {
        List<string> wrong = [];
        foreach (string file in Repository.Files("src", "*.cs"))
        {
            // Types of a file-scoped namespace start in the first column; nested ones are indented and belong to their owner.
            string[] types = [.. TopLevelType().Matches(File.ReadAllText(file)).Where(m => !m.Groups["local"].Success).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal)];
            string expected = Path.GetFileName(file).Split('.', '{')[0];
            if (types.Length > 1) wrong.Add($"{Repository.Relative(file)} holds {string.Join(", ", types)}");
            else if (types.Length == 1 && types[0] != expected) wrong.Add($"{Repository.Relative(file)} holds {types[0]}");
        }

        Offenders.None("A file holds one type, named after it", wrong);
    }

    [Fact]
    public void Namespaces_are_file_scoped_and_follow_the_folders()
    {
        List<string> wrong = [];
        foreach (string file in Repository.Files("src", "*.cs"))
        {
            Match match = NamespaceLine().Match(File.ReadAllText(file));
            if (!match.Success) continue;
            string[] parts = Repository.Relative(Path.GetDirectoryName(file)!).Split('/');
            string project = parts[1], full = string.Join('.', parts[1..]);
            string actual = match.Groups["name"].Value;
            // A folder groups files; whether it is a namespace too is the project's choice. A foreign namespace is not.
            if (actual != project && actual != full && !full.StartsWith(actual + ".", StringComparison.Ordinal)) wrong.Add($"{Repository.Relative(file)} is in {actual}");
        }

        Offenders.None("A namespace is the project's or follows the folder", wrong);
    }

    [GeneratedRegex(
        @"^(?:(?:public|internal|sealed|static|abstract|readonly|ref|partial|unsafe|(?<local>file))\s+)*(?:class|struct|interface|enum|record(?:\s+class|\s+struct)?|delegate\s+[\w<>\[\]?.*]+)\s+(?<name>\w+)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex NamespaceLine();
}
