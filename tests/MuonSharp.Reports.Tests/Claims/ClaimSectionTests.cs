using System.Xml.Linq;
using MuonSharp.Experiments;
using MuonSharp.Formats;
using MuonSharp.Training.Tests;

namespace MuonSharp.Reports.Tests.Claims;

public sealed class ClaimSectionTests : IDisposable
{
    private static readonly Claim s_claim = Experiments.Claims.Find("qk-clip");

    private readonly TemporaryFolder _folder = new();

    private string File => _folder.File("RESULTS.md");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_page_has_the_result_and_says_of_every_other_claim_that_it_was_not_run()
    {
        string? picture = Write(Result("1.5"));
        string page = System.IO.File.ReadAllText(File);
        Assert.Contains("""
            | run | loss \| nats |
            |---|---|
            | a | 1.5 |

            **Goal met.** One finding. Another.

            ![A picture](results/qk-clip.svg)

            `muonsharp reproduce qk-clip`, a processor, 2026-11-29.

            <!-- /claim:qk-clip -->
            """, page, StringComparison.Ordinal);
        Assert.Equal(_folder.File(Path.Combine("results", "qk-clip.svg")), picture);
        Assert.All(Experiments.Claims.All, claim => Assert.Contains($"\n## {claim.Title}\n", page, StringComparison.Ordinal));
        Assert.Equal(Experiments.Claims.All.Count - 1, page.Split("Not run yet: `muonsharp reproduce ").Length - 1);
        Assert.Contains("`muonsharp reproduce cifar --data DIR`", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_section_of_the_claim_is_written_again()
    {
        Write(Result("1.5"));
        string before = System.IO.File.ReadAllText(File);
        string edited = before.Replace("# Results\n", "# Results\n\nMy own words.\n", StringComparison.Ordinal) + "\nAnd at the end.\n";
        System.IO.File.WriteAllText(File, edited);
        Write(Result("1.25"));
        Assert.Equal(edited.Replace("| a | 1.5 |", "| a | 1.25 |", StringComparison.Ordinal), System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_page_of_somebody_else_gets_the_section_at_its_end_and_half_a_section_is_an_error()
    {
        System.IO.File.WriteAllText(File, "# Mine\r\n");
        Write(Result("1.5"));
        Assert.StartsWith("# Mine\n\n<!-- claim:qk-clip -->\n## ", System.IO.File.ReadAllText(File), StringComparison.Ordinal);
        System.IO.File.WriteAllText(File, "<!-- claim:qk-clip -->\n");
        Assert.Contains("must be followed by <!-- /claim:qk-clip -->", Assert.Throws<InvalidFileException>(() => Write(Result("1"))).Message, StringComparison.Ordinal);
        Assert.Equal("<!-- claim:qk-clip -->\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void The_picture_is_one_file_with_its_lines_its_legend_and_its_colours()
    {
        Write(Result("1.5"));
        XElement svg = XElement.Load(_folder.File(Path.Combine("results", "qk-clip.svg")));
        XNamespace name = svg.Name.Namespace;
        Assert.Equal("http://www.w3.org/2000/svg", name.NamespaceName);
        Assert.Equal(["first", "second <line>"], svg.Elements(name + "text").Skip(1).Select(text => text.Value));
        Assert.Equal(["first", "second <line>"], svg.Descendants().Attributes("data-name").Select(label => label.Value));
        Assert.Equal(3, svg.Descendants(name + "g").Where(group => (string?)group.Attribute("class") == "points c0").Elements(name + "circle").Count());
        Assert.Contains("prefers-color-scheme: dark", svg.Element(name + "style")!.Value, StringComparison.Ordinal);
        Assert.DoesNotContain(svg.DescendantsAndSelf().Attributes(), attribute => attribute.Name.LocalName is "href" or "src" or "onload");
    }

    [Fact]
    public void A_page_that_cannot_be_written_is_named()
    {
        System.IO.File.WriteAllText(_folder.File("file"), "");
        string below = Path.Combine(_folder.File("file"), "RESULTS.md");
        Assert.Contains(below, Assert.Throws<WriteFailedException>(() => ClaimSection.Write(below, s_claim, Result("1"), "command", "here")).Message, StringComparison.Ordinal);
    }

    private static ClaimResult Result(string loss) => new(
        ["run", "loss | nats"], [["a", loss]], ClaimVerdict.Met, ["One finding.", "Another."],
        new("A picture", "steps", "nats", [new("first", [(1, 3), (2, 2), (3, 1)]), new("second <line>", [(1, 2), (2, double.NaN), (3, 1)])]));

    private string? Write(ClaimResult result) => ClaimSection.Write(File, s_claim, result, "muonsharp reproduce qk-clip", "a processor, 2026-11-29");
}
