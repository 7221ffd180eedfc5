using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MuonSharp.Formats;

namespace MuonSharp.Reports.Tests;

public sealed partial class RunReportTests : IDisposable
{
    private const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'";

    private readonly RunFolderOf _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void A_run_that_is_done_has_its_numbers_at_the_top_and_its_curves_over_three_axes()
    {
        _run.Steps(300).Evaluation(100, 2).Evaluation(200, 1.25).Evaluation(300, 1.5).Line("""{"kind":"end","step":300,"reason":"done"}""");
        XElement page = Read(_run.Page());

        // The mean as the formula has it: weights 0.9^k, over their sum, of the losses 1 + 3 / step.
        double[] weights = [.. Enumerable.Range(0, 300).Select(k => Math.Pow(0.9, k))];
        double smoothed = Enumerable.Range(0, 300).Sum(k => weights[k] * (1 + (3.0 / (300 - k)))) / weights.Sum();
        Assert.Equal("mine", page.Descendants("h1").Single().Value);
        Assert.Equal(
            ["best held-out|1.2500|step 200, bits per byte 1.8034", "last held-out|1.5000|step 300, bits per byte 2.1641", FormattableString.Invariant($"training loss|{smoothed:0.0000}|smoothed, last step"), "steps|300|of 1,000", "time|6.0s|of training", "tokens|30k|5000 a second"],
            Facts(page));
        Assert.StartsWith("Done, muon, preset austen, begun 2026-11-28 09:30 UTC.", page.Descendants("p").First().Value, StringComparison.Ordinal);
        Assert.Equal(["Loss", "Learning rates", "Gradient norm", "Greatest attention logit", "Throughput"], Titles(page));
        Assert.All(page.Descendants("figure"), figure => Assert.Equal(
            ["drawing by-steps", "drawing by-seconds", "drawing by-units"], figure.Elements("div").Select(div => (string)div.Attribute("class")!)));
        Assert.Equal(["steps", "seconds of training", "tokens"], page.Descendants("figure").First().Descendants().Attributes("data-unit").Select(unit => unit.Value));
        Assert.Contains("Best held-out loss: 1.2500, after step 200 (circle).", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_have_their_greatest_logits_and_groups_their_rates()
    {
        _run.Steps(20);
        XElement page = Read(_run.Page());
        Assert.Equal(["layer 0", "layer 1"], Named(page, "Greatest attention logit"));
        Assert.Equal(["matrices", "auxiliary"], Named(page, "Learning rates"));

        // The greater head of each layer: 2 and 3, of an axis from 1.95 to 3.05.
        string[] lines = [.. Figure(page, "Greatest attention logit").Descendants().Attributes("points").Select(points => points.Value.Split(' ')[0].Split(',')[1])];
        Assert.Equal(["95455", "4545", "95455", "4545"], lines[..4]);
    }

    [Fact]
    public void Heads_that_were_clipped_and_steps_that_were_skipped_are_shown()
    {
        _run.Step(1, "2").Step(2, "1.9", clipped: 3, logit: "130").Line("""{"kind":"skipped","step":3,"parameter":"a.<b>","in_a_row":1,"grad_norm":null}""").Step(4, "1.8");
        XElement page = Read(_run.Page());
        Assert.Contains("Heads clipped by QK-clip", Titles(page));
        Assert.Contains("Dashed: tau of QK-clip, 100.", page.Value, StringComparison.Ordinal);
        Assert.Contains("1 step skipped", page.Value, StringComparison.Ordinal);
        Assert.Contains("a.<b>", page.Descendants("td").Select(cell => cell.Value));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_run_of_few_steps_in_progress_without_an_evaluation_has_a_page(int steps)
    {
        XElement page = Read(_run.Steps(steps).Page());
        Assert.StartsWith("In progress", page.Descendants("p").First().Value, StringComparison.Ordinal);
        Assert.Equal(steps == 0 ? 0 : 5, page.Descendants("figure").Count());
        Assert.DoesNotContain("NaN", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_has_written_no_metrics_yet_has_a_page() => Assert.Contains("No step has been written yet.", File.ReadAllText(RunReport.Write(_run.Folder)), StringComparison.Ordinal);

    [Fact]
    public void Losses_that_are_no_numbers_are_gaps()
    {
        _run.Step(1, "2").Step(2, "null", norm: "null", logit: "null", heads: "[[null,null],[null,null]]").Step(3, "1.5").Line("""{"kind":"eval","step":3,"val_loss":null,"bits_per_byte":null}""");
        XElement page = Read(_run.Page());
        XElement raw = Figure(page, "Loss").Descendants().First(element => (string?)element.Attribute("class") == "series c0 raw");
        Assert.Equal(2, raw.Elements().Count());
        Assert.DoesNotContain("best held-out", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_diverged_at_once_says_what_it_ended_with()
    {
        _run.Step(1, "4.3").Line("""{"kind":"eval","step":1,"val_loss":null,"bits_per_byte":null}""").Line("""{"kind":"sample","step":1,"prompt":"","text":"\n\n\n"}""");
        for (int step = 2; step <= 11; step++)
        {
            _run.Line($$"""{"kind":"skipped","step":{{step}},"parameter":"h.0.weight","in_a_row":{{step - 1}},"grad_norm":null}""");
        }

        XElement page = Read(_run.Line("""{"kind":"end","step":11,"reason":"diverged"}""").Page());
        XElement lead = page.Descendants("p").First();
        Assert.Equal("lead warning", (string?)lead.Attribute("class"));
        Assert.StartsWith("Diverged, muon", lead.Value, StringComparison.Ordinal);
        Assert.EndsWith("The last 10 steps changed nothing: gradients were not finite, or too large for float32, in the last one that of h.0.weight.", lead.Value, StringComparison.Ordinal);
        Assert.Contains("No evaluation gave a finite number.", page.Value, StringComparison.Ordinal);
        Assert.Contains("Nothing but blanks.", page.Value, StringComparison.Ordinal);
        Assert.Empty(page.Descendants("pre"));
    }

    [Fact]
    public void A_torn_last_line_waits_and_a_broken_one_is_counted()
    {
        _run.Steps(3).Line("{nonsense").Torn("{\"kind\":\"step\",\"st").Save();
        using RunReport report = new(_run.Folder);
        XElement before = Read(File.ReadAllText(report.Write()));
        Assert.Contains("steps|3|of 1,000", Facts(before));
        Assert.Contains("1 line of metrics.jsonl could not be read.", before.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_again_takes_what_was_written_since_and_begins_again_where_the_run_was_cut_back()
    {
        _run.Steps(3).Save();
        using RunReport report = new(_run.Folder);
        Assert.Contains("steps|3|of 1,000", Facts(Read(File.ReadAllText(report.Write()))));
        _run.Step(4, "1").Step(5, "1").Evaluation(5, 1.5).Save();
        Assert.Contains("steps|5|of 1,000", Facts(Read(File.ReadAllText(report.Write()))));
        string metrics = Path.Combine(_run.Folder, "metrics.jsonl");
        string[] lines = File.ReadAllLines(metrics);
        using (FileStream file = File.Open(metrics, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(lines[..2].Sum(line => line.Length + 1));
        }

        XElement cut = Read(File.ReadAllText(report.Write()));
        Assert.Contains("steps|2|of 1,000", Facts(cut));
        Assert.DoesNotContain("held-out|", string.Join('\n', Facts(cut)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_files_say_is_text_and_never_markup()
    {
        using RunFolderOf run = new("<b onclick=x>&'", """{"task": "TEXT", "TEXT": {"a": "TEXT"}, "trainer": {"steps": 7}}""".Replace("TEXT", JsonEncodedText.Encode(Hostile).ToString(), StringComparison.Ordinal));
        string hostile = JsonSerializer.Serialize(Hostile + "\u0000\u001b[31m\ud800\uffff\u202e");
        run.Steps(6).Line($$"""{"kind":"sample","step":6,"prompt":{{hostile}},"text":{{hostile}}}""")
            .Line($$"""{"kind":"eval","step":6,{{JsonSerializer.Serialize(Hostile)}}:1,"other<i>":2}""")
            .Line($$"""{"kind":"skipped","step":6,"parameter":{{hostile}},"in_a_row":1,"grad_norm":null}""")
            .Line($$"""{"kind":"end","step":6,"reason":{{hostile}}}""");
        string text = run.Page();
        Assert.Single(Regex.Matches(text, "<script", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(10)));
        Assert.Single(Regex.Matches(text, "</script", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(10)));
        Assert.DoesNotMatch(new Regex("<img|<i>|<b on", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(10)), text);
        Assert.DoesNotContain(text, letter => char.IsControl(letter) && letter != '\n');
        XElement page = Read(text);
        Assert.Equal("<b onclick=x>&'", page.Descendants("h1").Single().Value);
        Assert.Contains(page.Descendants("pre"), pre => pre.Value.Contains(Hostile, StringComparison.Ordinal));
        Assert.Contains("steps|6|of 7", Facts(page));
    }

    [Fact]
    public void The_page_asks_no_network_for_anything_and_names_its_own_style_and_script_by_hash()
    {
        string page = _run.Steps(3).Page();
        Assert.Matches("Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-[^']{44}'; script-src 'sha256-[^']{44}'", page);
        Assert.Equal(["http://www.w3.org/2000/svg"], Address().Matches(page).Select(match => match.Value).Distinct(StringComparer.Ordinal));
        Assert.DoesNotContain("<link", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(StyleAttribute(), page);
    }

    [Fact]
    public void Samples_keep_their_line_breaks_and_the_newest_is_the_first()
    {
        _run.Steps(2).Line("""{"kind":"sample","step":1,"prompt":"A","text":"b\r\nc"}""").Line("""{"kind":"sample","step":2,"prompt":"","text":"  d\n\ne"}""");
        Assert.Equal(["  d\n\ne", "Ab\nc"], Read(_run.Page()).Descendants("pre").Select(pre => pre.Value));
    }

    [Fact]
    public void Fifty_thousand_steps_make_a_page_below_a_megabyte()
    {
        _run.Steps(50_000);
        for (int step = 50; step <= 50_000; step += 50)
        {
            _run.Evaluation(step, 1 + (3.0 / step));
        }

        string page = _run.Page();
        Assert.InRange(page.Length, 100_000, 999_999);
        Assert.Contains("steps|50,000|of 1,000", Facts(Read(page)));
    }

    [Fact]
    public void Several_runs_are_laid_over_each_other_with_the_settings_that_differ()
    {
        using RunFolderOf other = new("other", MuonSharp.Training.TrainingConfig.FromPreset("austen").Set("optimizer.learningRate", "0.02").Set("train.steps", "1000").ToJson().ToJsonString());
        _run.Steps(50).Evaluation(50, 2).Save();
        other.Steps(80).Evaluation(40, 1.5).Evaluation(80, 1.75).Save();
        string file = Path.Combine(_run.Parent, "both.html");
        RunReport.Write([_run.Folder, other.Folder], file);
        XElement page = Read(File.ReadAllText(file));
        Assert.Equal(["Held-out loss", "Training loss", "Learning rate, matrices", "Learning rate, auxiliary", "Gradient norm", "Greatest attention logit", "Throughput"], Titles(page));
        Assert.All(page.Descendants("figure"), figure => Assert.Equal(["mine", "other"], figure.Descendants().Attributes("data-name").Take(2).Select(name => name.Value)));
        XElement settings = page.Descendants("table").Last();
        Assert.Equal(["key|mine|other", "optimizer.learningRate|0.007|0.02"], settings.Elements("tr").Select(row => string.Join('|', row.Elements().Select(cell => cell.Value))));
        Assert.Contains("1.5000 (step 40)", page.Descendants("td").Select(cell => cell.Value));
    }

    [Fact]
    public void What_is_no_run_and_what_cannot_be_written_is_one_line()
    {
        Assert.Equal($"[run] {_run.Parent}: a run folder is needed; this one has no config.json, but holds runs: mine", Assert.Throws<InvalidFileException>(() => RunReport.Write(_run.Parent)).Message);
        Assert.StartsWith("[run] nowhere", Assert.Throws<InvalidFileException>(() => RunReport.Write("nowhere")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RunReport.Write([], "x.html"));
        Directory.CreateDirectory(Path.Combine(_run.Folder, "report.html", "in-the-way"));
        Assert.Throws<WriteFailedException>(() => RunReport.Write(_run.Folder));
        Assert.Empty(Directory.GetFiles(_run.Folder, "*.tmp"));
    }

    /// <summary>The page's body: it is XML too, so a test can look into it.</summary>
    private static XElement Read(string page) => XElement.Parse(Body().Match(page).Value, LoadOptions.PreserveWhitespace);

    private static IEnumerable<string> Facts(XElement page) => page.Descendants("dl").First().Elements("div")
        .Select(fact => $"{fact.Element("dt")!.Value}|{fact.Element("dd")!.Nodes().OfType<XText>().First().Value}|{fact.Descendants("small").Single().Value}");

    private static string[] Titles(XElement page) => [.. page.Descendants("figcaption").Select(caption => caption.Element("strong")!.Value)];

    private static XElement Figure(XElement page, string title) => page.Descendants("figure").Single(figure => figure.Descendants("strong").First().Value == title);

    private static IEnumerable<string> Named(XElement page, string title) => Figure(page, title).Descendants().Attributes("data-name").Select(name => name.Value).Distinct(StringComparer.Ordinal);

    [GeneratedRegex("<main>.*</main>", RegexOptions.Singleline, 10_000)]
    private static partial Regex Body();

    [GeneratedRegex(@"https?://[^""'\s<)]+", RegexOptions.None, 10_000)]
    private static partial Regex Address();

    [GeneratedRegex(@"<[^>]*\s(style|on\w+)=", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex StyleAttribute();
}
