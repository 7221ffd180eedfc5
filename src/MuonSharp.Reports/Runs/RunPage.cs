using System.Xml.Linq;

namespace MuonSharp.Reports;

/// <summary>The page of one run, or of several over each other.</summary>
internal static class RunPage
{
    private const int MostSamples = 40;
    private const int FirstSamples = 3;
    private const int LongestSample = 4000;
    private const int MostSkipped = 50;

    /// <summary>The page as text.</summary>
    public static string Text(IReadOnlyList<RunHistory> runs) =>
        Page.Text(runs.Count == 1 ? $"{runs[0].Name} - training run" : $"{runs.Count} training runs", runs.Count == 1 ? One(runs[0]) : Several(runs));

    private static IEnumerable<XElement?> One(RunHistory run)
    {
        yield return new XElement("h1", run.Name);
        yield return new XElement("p", new XAttribute("class", run.End?.Reason == "diverged" ? "lead warning" : "lead"), Lead(run));
        yield return new XElement(
            "dl",
            new XAttribute("class", "facts"),
            RunFacts.Of(run).Select(fact => new XElement("div", new XElement("dt", fact.Name), new XElement("dd", fact.Value, new XElement("small", fact.Remark)))));
        foreach (XElement element in Curves([run]))
        {
            yield return element;
        }

        foreach (XElement element in RunPictures.Of(run.Folder))
        {
            yield return element;
        }

        yield return Skipped(run);
        yield return Samples(run);
        yield return new XElement("h2", "Settings");
        foreach (SettingGroup group in run.Settings.Groups)
        {
            yield return new XElement(
                "details",
                new XAttribute("class", "box"),
                group.Origin == SettingGroup.Given ? new XAttribute("open", "open") : null,
                new XElement("summary", $"{group.Origin} ", new XElement("span", new XAttribute("class", "unit"), Amount.Of(group.Settings.Count, "key"))),
                Pairs(group.Settings));
        }

        yield return run.Environment.Count == 0 ? null : new XElement("h2", "Machine");
        yield return run.Environment.Count == 0 ? null : Pairs(run.Environment);
        yield return Footer();
    }

    private static IEnumerable<XElement?> Several(IReadOnlyList<RunHistory> runs)
    {
        yield return new XElement("h1", $"{runs.Count} training runs");
        string[] names = [.. runs.SelectMany(run => RunFacts.Of(run)).Select(fact => fact.Name).Distinct(StringComparer.Ordinal)];
        yield return Page.Table("Results", "results", runs.Select(run =>
        {
            var facts = RunFacts.Of(run).ToDictionary(fact => fact.Name, StringComparer.Ordinal);
            return (IReadOnlyList<string>)[run.Name, RunFacts.State(run), .. names.Select(name => facts.TryGetValue(name, out (string Name, string Value, string Remark) fact) ? Cell(fact) : "-")];
        }).Prepend(["run", "state", .. names]), row => row == 0 ? null : Page.Key(Look.Of(row - 1)));
        foreach (XElement element in Curves(runs))
        {
            yield return element;
        }

        yield return new XElement("h2", "Settings that differ");
        string[] keys = [.. runs.SelectMany(run => run.Settings.All.Select(pair => pair.Key)).Distinct(StringComparer.Ordinal)];
        Dictionary<string, string>[] settings = [.. runs.Select(run => new Dictionary<string, string>(run.Settings.All.DistinctBy(pair => pair.Key, StringComparer.Ordinal), StringComparer.Ordinal))];
        IReadOnlyList<string>[] rows =
        [
            .. keys.Select(key => (string[])[key, .. settings.Select(each => each.GetValueOrDefault(key, "-"))])
                .Where(row => row.Skip(1).Distinct(StringComparer.Ordinal).Count() > 1),
        ];
        yield return rows.Length == 0 ? new XElement("p", "None: the runs have the same configuration.")
            : Page.Table("Settings that differ", "settings", rows.Prepend(["key", .. runs.Select(run => run.Name)]));
        yield return Footer();
    }

    /// <summary>The best evaluation says at which step, everything else is the number alone.</summary>
    private static string Cell((string Name, string Value, string Remark) fact) => fact.Name == "best held-out" ? $"{fact.Value} ({fact.Remark.Split(", ")[0]})" : fact.Value;

    private static string Lead(RunHistory run)
    {
        string optimizer = run.Settings.Config is { } config ? $", {config.Optimizer.Name}{(config.Preset.Length > 0 ? $", preset {config.Preset}" : "")}" : "";
        string started = run.Environment.FirstOrDefault(pair => pair.Key == "started").Value is { Length: >= 16 } time ? $", begun {time[..10]} {time[11..16]} UTC" : "";
        string broken = run.BrokenLines == 0 ? "" : $" {Amount.Of(run.BrokenLines, "line")} of metrics.jsonl could not be read.";
        return $"{RunFacts.State(run)}{optimizer}{started}.{broken}";
    }

    private static IEnumerable<XElement> Curves(IReadOnlyList<RunHistory> runs)
    {
        RunCharts charts = new(runs);
        XElement[] figures = [.. charts.Figures()];
        if (figures.Length == 0)
        {
            yield return new XElement("p", "No step has been written yet.");
            yield break;
        }

        yield return new XElement(
            "div",
            new XAttribute("class", "bar"),
            new XElement(
                "fieldset",
                new XElement("legend", "Over"),
                charts.Axes.Select((axis, number) => new XElement(
                    "label",
                    new XElement(
                        "input",
                        new XAttribute("type", "radio"),
                        new XAttribute("name", "over"),
                        new XAttribute("id", $"over-{axis.Class}"),
                        number == 0 ? new XAttribute("checked", "checked") : null),
                    new XElement("span", axis.Choice)))),
            runs.Count == 1 ? null : new XElement("ul", new XAttribute("class", "legend"), runs.Select((run, number) => new XElement("li", Page.Key(Look.Of(number)), run.Name))));
        yield return new XElement("div", new XAttribute("class", "charts"), figures);
    }

    private static XElement? Skipped(RunHistory run) => run.Skipped.Count == 0 ? null : new XElement(
        "details",
        new XAttribute("class", "box"),
        new XElement("summary", $"{Amount.Of(run.Skipped.Count, "step")} skipped: nothing was changed"),
        Page.Table("Skipped steps", "figures", run.Skipped.TakeLast(MostSkipped).Reverse()
            .Select(line => (string[])[Amount.Count(line.Step), line.Parameter, $"{line.InARow}", double.IsFinite(line.GradientNorm) ? Amount.Number(line.GradientNorm) : "not finite"])
            .Prepend(["step", "parameter", "in a row", "gradient norm"])));

    private static XElement? Samples(RunHistory run)
    {
        if (run.Samples.Count == 0)
        {
            return null;
        }

        XElement[] samples =
        [
            .. run.Samples.TakeLast(MostSamples).Reverse().Select(sample => new XElement(
                "article",
                new XElement("h3", $"after step {Amount.Count(sample.Step)}"),
                new XElement("pre", new XAttribute("tabindex", "0"), sample.Prompt.Length == 0 ? null : new XElement("b", Cut(sample.Prompt)), Cut(sample.Text)))),
        ];
        return new XElement(
            "section",
            new XElement("h2", "Samples, the newest first"),
            samples.Take(FirstSamples),
            samples.Length <= FirstSamples ? null : new XElement(
                "details",
                new XAttribute("class", "box"),
                new XElement("summary", $"Earlier samples ({samples.Length - FirstSamples})"),
                samples.Skip(FirstSamples)));
    }

    private static string Cut(string text) => text.Length <= LongestSample ? text : $"{text[..LongestSample]}...";

    private static XElement Pairs(IReadOnlyList<KeyValuePair<string, string>> pairs) => new(
        "dl",
        new XAttribute("class", "pairs"),
        pairs.Select(pair => new XElement("div", new XElement("dt", pair.Key), new XElement("dd", pair.Value.Length == 0 ? "(empty)" : pair.Value))));

    private static XElement Footer() => new("footer", $"Made by MuonSharp {Product.Version} from the files of the run folder.");
}
