using System.Text.RegularExpressions;

namespace MuonSharp.Architecture.Tests;

/// <summary>Files a reader can hold in mind: a type that is looked up alone, or a closed set, named after what it holds.</summary>
public partial class SourceFileTests
{
    private const int HardLimit = 400;
    private const int UsualLimit = 200;
    private const double ShareOverUsualLimit = 0.10;

    /// <summary>Files of the product that may be longer, each with its reason.</summary>
    private static readonly Dictionary<string, string> s_longer = new(StringComparer.Ordinal);

    [Fact]
    public void No_file_has_more_than_400_lines_without_a_reason()
    {
        IEnumerable<string> wrong =
            from file in Repository.Files("", "*.cs")
            let lines = File.ReadLines(file).Count()
            where lines > HardLimit && !s_longer.ContainsKey(Repository.Relative(file))
            select $"{Repository.Relative(file)} has {lines}";
        Offenders.None("A file has at most 400 lines", wrong);
    }

    [Fact]
    public void Few_files_of_the_product_have_more_than_200_lines()
    {
        (string File, int Lines)[] all = [.. Repository.Files("src", "*.cs").Select(f => (Repository.Relative(f), File.ReadLines(f).Count()))];
        (string File, int Lines)[] longer = [.. all.Where(f => f.Lines > UsualLimit).OrderByDescending(f => f.Lines)];
        Assert.True(
            longer.Length <= ShareOverUsualLimit * all.Length,
            $"{longer.Length} of {all.Length} files exceed {UsualLimit} lines, at most {ShareOverUsualLimit:P0} may:{Environment.NewLine}"
            + string.Join(Environment.NewLine, longer.Select(f => $"{f.Lines,4} {f.File}")));
    }

    [Fact]
    public void A_source_file_is_named_after_its_type_or_after_the_set_that_it_holds()
    {
        List<string> wrong = [];
        foreach (string file in Repository.Files("src", "*.cs"))
        {
            // Types of a file-scoped namespace start in the first column; nested ones are indented and belong to their owner.
            string[] types = [.. TopLevelType().Matches(File.ReadAllText(file)).Where(m => !m.Groups["local"].Success).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal)];
            string name = Path.GetFileName(file).Split('.', '{')[0];
            if (types.Length > 0 && !types.Contains(name, StringComparer.Ordinal) && !(types.Length > 1 && IsNameOfSet(name, types)))
            {
                wrong.Add($"{Repository.Relative(file)} holds {string.Join(", ", types)}");
            }
        }

        Offenders.None("A file is named after a type that it holds, or after the set", wrong);
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

    /// <summary>A set has a plural for a name, or what the name of its first type begins with: Rotary holds RotaryRecording and what belongs to it.</summary>
    private static bool IsNameOfSet(string name, string[] types) =>
        name.EndsWith('s') || types[0].StartsWith(name, StringComparison.Ordinal);

    [GeneratedRegex(
        @"^(?:(?:public|internal|sealed|static|abstract|readonly|ref|partial|unsafe|(?<local>file))\s+)*(?:class|struct|interface|enum|record(?:\s+class|\s+struct)?|delegate\s+[\w<>\[\]?.*]+)\s+(?<name>\w+)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex NamespaceLine();
}
