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
        Assert.Equal(["Spectrum", "Spectrum", "Spectrum", "Spectral norm", "Stable rank", "Condition"], figures.Select(figure => figure.Descendants("strong").Single().Value));
        Assert.Equal(["wide at-0", "wide at-1", "wide at-2"], figures.Take(3).Select(figure => (string)figure.Attribute("class")!));
        Assert.Equal("after step 30, as shares of the greatest, logarithmic", figures[0].Element("figcaption")!.Element("span")!.Value);
        Assert.Equal(["gradient", "after orthogonalization", "weights"], figures[0].Descendants("li").Select(item => item.Value));

        // Shares of the greatest by the number of the value; one that is 0 is a gap.
        Assert.Equal([["singular value", "gradient", "after orthogonalization", "weights"], ["1", "1", "1", "1"], ["2", "0.5", "1", "0.5"], ["3", "0.25", "1", "0.25"], ["4", "0.125", "", "0.125"]], Cells(figures[0]));

        // What the file says: the gradient's norms 10, 20, 30; (1.5 step / step)² = 2.25; step / (step / 8) = 8, and of the update's 0 none.
        Assert.Equal([["10", "10", "1", "2"], ["20", "20", "1", "2"], ["30", "30", "1", "2"]], Cells(figures[3]).Skip(1));
        Assert.Equal([["10", "2.25", "4", "2.25"], ["20", "2.25", "4", "2.25"], ["30", "2.25", "4", "2.25"]], Cells(figures[4]).Skip(1));
        Assert.Equal([["10", "8", "8"], ["20", "8", "8"], ["30", "8", "8"]], Cells(figures[5]).Skip(1));
        Assert.Equal(["drawing by-steps", "drawing by-seconds", "drawing by-units"], figures[3].Elements("div").Select(drawing => (string)drawing.Attribute("class")!));
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
    public void A_matrix_that_was_not_measured_at_a_step_has_its_sample_before_it_and_says_so()
    {
        _run.Steps(30).Spectrum(10).Spectrum(20).Spectrum(30).Spectrum(20, "h.1.weight");
        XElement[] figures = [.. Part("spectra").Elements("details").Last().Descendants("figure").Take(3)];
        Assert.Equal(["Of an earlier step: 20.", null, "Not measured up to this step."], figures.Select(figure => figure.Element("p")?.Value));
        Assert.Equal([5, 5, 0], figures.Select(figure => figure.Descendants("tr").Count()));
    }

    /// <summary>Values by hand: 8, 4, 2 over 8 and 3, 3, 1 over 3 and so on.</summary>
    [Fact]
    public void Several_runs_have_the_spectra_of_a_matrix_over_each_other_at_the_same_step()
    {
        using RunFolderOf other = new("other");
        using RunFolderOf adamw = new("adamw");
        _run.Steps(30).Line(Compared(10, "[4,4,2]", "[2,1,1]", "[8,4,2]")).Line(Compared(20, "[4,2,2]", "[5,4,3]", "[8,2,2]")).Line(Compared(30, "[4,2,1]", "[10,9,8]", "[8,2,1]")).Save();
        other.Steps(20).Line(Compared(10, "[3,3,1.5]", "[1,1,0.5]", "[5,2,1]")).Line(Compared(20, "[3,1.5,1.5]", "[1,0.75,0.5]", "[5,1,1]")).Save();
        adamw.Steps(30).Line("""{"kind":"spectrum","step":30,"matrix":"h.0.weight","rows":3,"columns":6,"gradient":{"frobenius":1,"values":[1,1,1]},"weights":{"frobenius":1,"values":[10,6,3]}}""").Save();
        string file = Path.Combine(_run.Parent, "all.html");
        RunReport.Write([_run.Folder, other.Folder, adamw.Folder], file);
        XElement part = Part(File.ReadAllText(file), "spectra");
        XElement[] choices = [.. part.Elements("fieldset")];
        Assert.Equal(["After step", "Of"], choices.Select(choice => choice.Element("legend")!.Value));
        Assert.Equal(["30", "20", "10"], choices[0].Descendants("span").Select(span => span.Value));
        Assert.Equal(["weights", "after orthogonalization", "before orthogonalization"], choices[1].Descendants("span").Select(span => span.Value));
        Assert.Equal(["at-0", "of-0"], part.Descendants("input").Where(input => input.Attribute("checked") is not null).Select(input => (string)input.Attribute("id")!));
        XElement[] figures = [.. part.Elements("details").Single().Descendants("figure")];
        Assert.Equal([.. from of in (int[])[0, 1, 2] from at in (int[])[0, 1, 2] select $"wide at-{at} of-{of}"], figures.Take(9).Select(figure => (string)figure.Attribute("class")!));
        Assert.Equal(
            [
                "Of an earlier step: other (20).", "Not measured: adamw.", "Not measured: adamw.",
                "Of an earlier step: other (20). Not measured: adamw.", "Not measured: adamw.", "Not measured: adamw.",
                "Of an earlier step: other (20). Not measured: adamw.", "Not measured: adamw.", "Not measured: adamw.",
            ],
            figures.Take(9).Select(figure => figure.Element("p")?.Value));
        Assert.Equal(["Spectrum: weights", "after step 30, as shares of the greatest, logarithmic"], figures[0].Element("figcaption")!.Elements().Select(text => text.Value));
        Assert.Equal(["Spectrum: after orthogonalization", "after step 20, as shares of the greatest"], figures[4].Element("figcaption")!.Elements().Select(text => text.Value));

        // The weights after 30 (other's after 20), what came out of the orthogonalization after 20, what went into it after 10.
        Assert.Equal([["singular value", "mine", "other", "adamw"], ["1", "1", "1", "1"], ["2", "0.25", "0.2", "0.6"], ["3", "0.125", "0.2", "0.3"]], Cells(figures[0]));
        Assert.Equal([["singular value", "mine", "other"], ["1", "1", "1"], ["2", "0.8", "0.75"], ["3", "0.6", "0.5"]], Cells(figures[4]));
        Assert.Equal([["singular value", "mine", "other"], ["1", "1", "1"], ["2", "1", "1"], ["3", "0.5", "0.5"]], Cells(figures[8]));
        Assert.Equal(["c0", "c1", "c2"], figures[0].Descendants().Attributes("data-name").Select(name => ((string)name.Parent!.Attribute("class")!).Split(' ')[1]));
        Assert.Equal(["Spectral norm of the weights", "Stable rank of the weights"], figures.Skip(9).Select(figure => figure.Descendants("strong").Single().Value));
        Assert.Equal([["steps", "mine", "other", "adamw"], ["10", "8", "5", ""], ["20", "8", "5", ""], ["30", "8", "", "10"]], Cells(figures[9]));
    }

    /// <summary>One measures at every 100th step, the other at every 300th: what is offered first is where both have measured.</summary>
    [Fact]
    public void Of_several_runs_those_steps_can_be_chosen_after_which_all_have_measured()
    {
        using RunFolderOf other = new("other");
        _run.Steps(3);
        other.Steps(3);
        for (int step = 100; step <= 1800; step += 100)
        {
            _run.Spectrum(step);
            _ = step % 300 == 0 ? other.Spectrum(step) : other;
        }

        _run.Save();
        other.Save();
        string file = Path.Combine(_run.Parent, "both.html");
        RunReport.Write([_run.Folder, other.Folder], file);
        XElement part = Part(File.ReadAllText(file), "spectra");
        string[] steps = [.. part.Elements("fieldset").First().Descendants("span").Select(span => span.Value)];
        Assert.Equal(("1,800", "100"), (steps[0], steps[^1]));
        Assert.DoesNotContain("Of an earlier step", part.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_spectrum_of_one_sample_is_a_dot_and_not_a_line_of_no_length()
    {
        _run.Steps(20).Spectrum(20);
        XElement[] figures = [.. Part("spectra").Descendants("figure").Skip(1)];
        Assert.Equal([3, 3, 2], figures.Select(figure => figure.Element("div")!.Descendants().Count(element => element.Name.LocalName == "circle")));
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
        Assert.Equal(["h.<0>.weight", "12 x 4", "3", "muon", "matrices", "hidden"], Cells(Part("routing").Element("details")!).ElementAt(1));

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

    private static string Compared(int step, string before, string after, string weights) => $$$"""
        {"kind":"spectrum","step":{{{step}}},"matrix":"h.0.weight","rows":3,"columns":6,"direction":{"frobenius":9,"values":{{{before}}}},"result":{"frobenius":9,"values":{{{after}}}},"weights":{"frobenius":9,"values":{{{weights}}}}}
        """;

    private XElement Part(string id) => Part(_run.Page(), id);

    private static XElement Part(string page, string id) => XElement.Parse(page[page.IndexOf("<main>", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + 7)]).Elements("section").Single(section => (string?)section.Attribute("id") == id);

    private static IEnumerable<string[]> Cells(XElement around) => around.Descendants("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray());
}
