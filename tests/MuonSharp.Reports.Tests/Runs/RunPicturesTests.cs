using System.Xml.Linq;
using MuonSharp.Formats;

namespace MuonSharp.Reports.Tests;

/// <summary>Pictures and the table of a run of images, from the file that it writes at an evaluation.</summary>
public sealed class RunPicturesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("muonsharp-pictures-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Table_mistakes_and_filters_are_shown()
    {
        string png = Convert.ToBase64String(PngFile.ToBytes(new byte[4], new(1, 2, 2)));
        Write($$"""
            {"images": 10, "classes": ["cat", "<b>dog</b>"], "confusion": [[3, 1], [0, 6]], "filters": ["{{png}}", "bm90IGEgcG5n"],
             "mistakes": [{"index": 7, "actual": 0, "answer": 1, "answer_probability": 0.9, "actual_probability": 0.05, "png": "{{png}}"}]}
            """);
        XElement page = new("page", RunPictures.Of(_folder.FullName));
        Assert.Equal([["class", "cat", "<b>dog</b>", "right"], ["cat", "3", "1", "75.0 %"], ["<b>dog</b>", "", "6", "100.0 %"]], page.Descendants("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray()));
        Assert.Equal(["image 7, cat taken for <b>dog</b>", "filter 1"], page.Descendants("img").Select(picture => picture.Attribute("alt")!.Value));
        Assert.All(page.Descendants("img"), picture => Assert.Equal("data:image/png;base64," + png, picture.Attribute("src")!.Value));
        Assert.Contains("taken for <b>dog</b>, 90.0\u00A0%; cat\u00A05.0\u00A0%", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_answers_are_marked_by_their_share_of_a_class_and_right_ones_as_such()
    {
        Write("""{"images": 2010, "classes": ["a", "b", "c"], "confusion": [[879, 1, 120], [30, 965, 5], [4, 0, 6]], "filters": [], "mistakes": []}""");
        XElement page = new("page", RunPictures.Of(_folder.FullName));
        Assert.Equal(
            [["right", null, "wrong most"], ["wrong often", "right", "wrong"], ["wrong most", null, "right"]],
            page.Descendants("tr").Skip(1).Select(row => row.Elements("td").Take(3).Select(cell => (string?)cell.Attribute("class")).ToArray()));
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("""{"images": 10, "classes": ["cat"], "confusion": [[1, 2]], "mistakes": [], "filters": []}""")]
    [InlineData("""{"images": 1, "classes": ["cat"], "confusion": [[1]], "mistakes": [{"index": 0, "actual": 5, "answer": 0, "answer_probability": 1, "actual_probability": 0, "png": ""}], "filters": []}""")]
    public void A_damaged_file_shows_nothing(string content)
    {
        Write(content);
        Assert.Empty(RunPictures.Of(_folder.FullName));
    }

    [Fact]
    public void Other_runs_have_none() => Assert.Empty(RunPictures.Of(_folder.FullName));

    private void Write(string content) => File.WriteAllText(Path.Combine(_folder.FullName, "evaluation.json"), content);
}
