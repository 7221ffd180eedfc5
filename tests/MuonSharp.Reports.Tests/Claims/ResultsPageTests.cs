using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MuonSharp.Experiments;

namespace MuonSharp.Reports.Tests.Claims;

/// <summary>docs/RESULTS.md has nothing that a claim would not write: what its next run would lose was written by hand.</summary>
public partial class ResultsPageTests
{
    private static readonly string s_page = Path.Combine(Root(), "docs", "RESULTS.md");

    public static TheoryData<string> Names => [.. Experiments.Claims.All.Select(claim => claim.Name)];

    /// <summary>With <c>MUONSHARP_WRITE_DOCS=1</c> a section whose words are older than the claim's gets them; its figures stay.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_section_begins_with_the_claims_own_words(string name)
    {
        Claim claim = Experiments.Claims.Find(name);
        string section = Section(claim), head = ClaimSection.Head(claim);
        if (Environment.GetEnvironmentVariable("MUONSHARP_WRITE_DOCS") == "1")
        {
            int figures = section.IndexOf("\n| ", StringComparison.Ordinal) is >= 0 and var table ? table + 1 : section.IndexOf("Not run yet", StringComparison.Ordinal);
            File.WriteAllText(s_page, File.ReadAllText(s_page).Replace(section, head + section[figures..], StringComparison.Ordinal));
            section = Section(claim);
        }

        Assert.StartsWith(head, section, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void After_its_words_a_section_has_a_table_a_verdict_a_picture_and_the_command_and_nothing_else(string name)
    {
        Claim claim = Experiments.Claims.Find(name);
        string[] parts = Section(claim)[ClaimSection.Head(claim).Length..].Split("\n\n");
        if (parts[0].StartsWith("Not run yet: `muonsharp reproduce ", StringComparison.Ordinal))
        {
            Assert.Equal(2, parts.Length);
            return;
        }

        Assert.Equal(5, parts.Length);
        string[] table = parts[0].Split('\n');
        Assert.All(table, row => Assert.Equal(Bars(table[1]), Bars(row)));
        Assert.Contains(Enum.GetValues<ClaimVerdict>(), verdict => parts[1].StartsWith($"**{ClaimSection.Text(verdict)}** ", StringComparison.Ordinal));
        Assert.EndsWith($"](results/{name}.svg)", parts[2], StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(s_page)!, "results", $"{name}.svg")));
        Assert.Matches(Circumstances(), parts[3]);
        Assert.StartsWith($"`muonsharp reproduce {name}", parts[3], StringComparison.Ordinal);
        Assert.Equal(ClaimSection.End(claim), parts[4]);
    }

    [Fact]
    public void Every_claim_has_its_section_in_the_order_of_the_list()
    {
        string page = File.ReadAllText(s_page);
        int[] places = [.. Experiments.Claims.All.Select(claim => page.IndexOf(ClaimSection.Begin(claim), StringComparison.Ordinal))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }

    private static string Section(Claim claim)
    {
        string page = File.ReadAllText(s_page).ReplaceLineEndings("\n");
        int start = page.IndexOf(ClaimSection.Begin(claim), StringComparison.Ordinal);
        return page[start..(page.IndexOf(ClaimSection.End(claim), start, StringComparison.Ordinal) + ClaimSection.End(claim).Length)];
    }

    private static int Bars(string row) => row.Replace("\\|", "", StringComparison.Ordinal).Count(letter => letter == '|');

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));

    [GeneratedRegex(@"^`muonsharp reproduce [^`]+`, [^,\n]+, vectors of \d+ bits, threads: \d+, \d{4}-\d\d-\d\d\.$", RegexOptions.None, 10_000)]
    private static partial Regex Circumstances();
}
