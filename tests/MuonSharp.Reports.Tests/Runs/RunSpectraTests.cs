using System.Globalization;
using System.Xml.Linq;

namespace MuonSharp.Reports.Tests;

/// <summary>Spectra, groups and memory in the page of a run.</summary>
public sealed class RunSpectraTests : IDisposable
{
    private readonly RunFolderOf _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Each_matrix_has_the_spectra_of_some_steps_and_its_numbers_over_the_run()
    {
        _run.Steps(30);
        foreach (int step in (int[])[10, 20, 30])
        {
            _run.Spectrum(step).Spectrum(step, "h.1.weight");
        }

        XElement part = Part("spectra");
        Assert.Equal(["30", "20", "10"], part.Descendants("fieldset").Descendants("span").Select(span => span.Value));
        Assert.Equal(["at-0"], part.Descendants("input").Where(input => input.Attribute("checked") is not null).Select(input => (string)input.Attribute("id")!));
        Assert.Equal(["h.0.weight 4 x 6", "h.1.weight 4 x 6"], part.Elements("details").Select(box => box.Element("summary")!.Value));
        Assert.Equal(["open", null], part.Elements("details").Select(box => (string?)box.Attribute("open")));
        XElement[] figures = [.. part.Elements("details").First().Descendants("figure")];
        Assert.Equal(["Spectrum", "Spectral norm", "Stable rank", "Condition"], figures.Select(figure => figure.Descendants("strong").Single().Value));
        Assert.Equal(["drawing at-0", "drawing at-1", "drawing at-2"], figures[0].Elements("div").Select(drawing => (string)drawing.Attribute("class")!));
        Assert.Equal(["gradient", "after orthogonalization", "weights"], figures[0].Descendants("li").Select(item => item.Value));

        // Shares of the greatest by the number of the value; one that is 0 is a gap.
        Assert.Equal([["singular value", "gradient", "after orthogonalization", "weights"], ["1", "1", "1", "1"], ["2", "0.5", "1", "0.5"], ["3", "0.25", "1", "0.25"], ["4", "0.125", "", "0.125"]], Cells(figures[0]));

        // What the file says: the gradient's norms 10, 20, 30; (1.5 step / step)² = 2.25; step / (step / 8) = 8, and of the update's 0 none.
        Assert.Equal([["10", "10", "1", "2"], ["20", "20", "1", "2"], ["30", "30", "1", "2"]], Cells(figures[1]).Skip(1));
        Assert.Equal([["10", "2.25", "4", "2.25"], ["20", "2.25", "4", "2.25"], ["30", "2.25", "4", "2.25"]], Cells(figures[2]).Skip(1));
        Assert.Equal([["10", "8", "8"], ["20", "8", "8"], ["30", "8", "8"]], Cells(figures[3]).Skip(1));
        Assert.Equal(["drawing by-steps", "drawing by-seconds", "drawing by-units"], figures[1].Elements("div").Select(drawing => (string)drawing.Attribute("class")!));
    }

    [Fact]
    public void Of_a_long_run_six_steps_can_be_chosen_the_first_and_the_newest_among_them()
    {
        _run.Steps(3);
        for (int step = 1; step <= 1000; step++)
        {
            _run.Spectrum(step * 100);
        }

        XElement part = Part("spectra");
        int[] steps = [.. part.Descendants("fieldset").Descendants("span").Select(span => int.Parse(span.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];
        Assert.Equal((6, 100_000, 100), (steps.Length, steps[0], steps[^1]));
        Assert.All(steps.Zip(steps.Skip(1)), pair => Assert.InRange(pair.First - pair.Second, 15_000, 25_000));
        Assert.InRange(part.ToString(SaveOptions.DisableFormatting).Length, 1000, 60_000);
    }

    [Fact]
    public void A_run_that_was_cut_back_begins_its_spectra_anew()
    {
        _run.Steps(30).Spectrum(10).Spectrum(20).Spectrum(30).Save();
        using RunHistory history = new(_run.Folder);
        Assert.Equal([10, 20, 30], history.Spectra.Single().Steps);
        using RunFolderOf shorter = new();
        shorter.Steps(20).Spectrum(10).Save();
        using (FileStream cut = new(Path.Combine(_run.Folder, "metrics.jsonl"), FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite))
        {
            cut.Write(File.ReadAllBytes(Path.Combine(shorter.Folder, "metrics.jsonl")));
        }

        history.Read();
        Assert.Equal([10], history.Spectra.Single().Steps);
    }

    [Fact]
    public void Several_runs_have_the_weights_of_each_matrix_over_each_other()
    {
        using RunFolderOf other = new("other");
        _run.Steps(20).Spectrum(10).Spectrum(20).Save();
        other.Steps(20).Spectrum(10).Spectrum(20, "h.1.weight").Save();
        string file = Path.Combine(_run.Parent, "both.html");
        RunReport.Write([_run.Folder, other.Folder], file);
        XElement part = Part(File.ReadAllText(file), "spectra");
        Assert.Empty(part.Descendants("fieldset"));
        Assert.Equal(["h.0.weight 4 x 6", "h.1.weight 4 x 6"], part.Elements("details").Select(box => box.Element("summary")!.Value));
        XElement[] figures = [.. part.Elements("details").First().Descendants("figure")];
        Assert.Equal(["Spectral norm of the weights", "Stable rank of the weights"], figures.Select(figure => figure.Descendants("strong").Single().Value));
        Assert.Equal([["steps", "mine", "other"], ["10", "2", "2"], ["20", "2", "2"]], Cells(figures[0]));
    }

    [Fact]
    public void A_run_without_spectra_has_no_such_part()
    {
        Assert.DoesNotContain("id=\"spectra\"", _run.Steps(5).Page(), StringComparison.Ordinal);
        Assert.DoesNotContain(Part("step").Descendants(), element => element.Name == "table");
    }

    [Fact]
    public void The_last_step_says_who_stepped_what_and_why()
    {
        _run.Steps(3).Line("""
            {"kind":"step","step":4,"tokens":400,"loss":1,"lr":{"matrices":0.02,"auxiliary":0.003},"grad_norm":1,"update_rms":0.001,"step_ms":20,"optimizer_ms":2,"tokens_per_second":5000,"max_logit":3,"clipped_heads":0,"head_max_logits":[],"head_factors":[],"groups":{"matrices":{"updated":1,"update_rms":0.0012,"orthogonalized":3,"fall_backs":1},"auxiliary":{"updated":1,"update_rms":0.0004}}}
            """.Trim());
        File.WriteAllText(Path.Combine(_run.Folder, "routing.json"), """
            {"parameters": [
              {"name": "h.<0>.weight", "shape": [12, 4], "matrices": 3, "optimizer": "muon", "group": "matrices", "reason": "hidden"},
              {"name": "h.1.weight", "shape": [4, 4], "matrices": 1, "optimizer": "muon", "group": "matrices", "reason": "hidden"},
              {"name": "bias", "shape": [5], "matrices": 0, "optimizer": "adamw", "group": "auxiliary", "reason": "a vector"}]}
            """);
        XElement part = Part("step");
        Assert.Equal(
            [
                ["group", "stepped by", "tensors updated", "weights", "matrices orthogonalized", "learning rate", "update, root mean square"],
                ["matrices", "muon", "1 of 2", "64", "3 of 4 (1 by another method)", "0.02", "0.0012"],
                ["auxiliary", "adamw", "1 of 1", "5", "", "0.003", "0.0004"],
            ],
            Cells(part.Elements("div").Single(table => (string?)table.Attribute("class") == "table")));
        Assert.Equal(["h.<0>.weight", "12 x 4", "3", "muon", "matrices", "hidden"], Cells(part.Element("details")!).ElementAt(1));

        // A file that somebody has damaged is no reason to show nothing.
        File.WriteAllText(Path.Combine(_run.Folder, "routing.json"), "{");
        Assert.Equal(["matrices", "", "1", "", "3 of 3 (1 by another method)", "0.02", "0.0012"], Cells(Part("step")).ElementAt(1));
    }

    [Fact]
    public void Memory_is_what_the_lines_say_of_the_process()
    {
        string Line(int step, string memory) => $$"""
            {"kind":"step","step":{{step}},"tokens":400,"loss":1,"lr":{},"grad_norm":1,"update_rms":0.001,"step_ms":20,"optimizer_ms":2,"tokens_per_second":5000,"max_logit":3,"clipped_heads":0,"head_max_logits":[],"head_factors":[]{{memory}}}
            """.Trim();
        _run.Line(Line(1, ",\"working_set_bytes\":209715200,\"managed_bytes\":1048576")).Line(Line(2, "")).Line(Line(3, ",\"working_set_bytes\":104857600,\"managed_bytes\":2097152"));
        string page = _run.Page();
        XElement figure = Part(page, "curves").Descendants("figure").Single(each => each.Descendants("strong").Single().Value == "Memory");
        Assert.Equal([["steps", "the process", "managed"], ["1", "200", "1"], ["3", "100", "2"]], Cells(figure));
        XElement fact = Part(page, "head").Descendants("div").Single(each => each.Element("dt")!.Value == "memory");
        Assert.Equal("100 MiBof the process, at most 200", fact.Element("dd")!.Value);
    }

    private XElement Part(string id) => Part(_run.Page(), id);

    private static XElement Part(string page, string id) => XElement.Parse(page[page.IndexOf("<main>", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + 7)]).Elements("section").Single(section => (string?)section.Attribute("id") == id);

    private static IEnumerable<string[]> Cells(XElement around) => around.Descendants("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray());
}
