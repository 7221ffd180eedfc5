using System.Xml.Linq;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The page of one run, or of several over each other: parts with a name each, which a live page replaces one by one.</summary>
internal static class RunPage
{
    private const int MostSamples = 40;
    private const int FirstSamples = 3;
    private const int LongestSample = 4000;
    private const int MostSkipped = 50;

    /// <summary>More names than these would hide a phone's window if they stayed while it is scrolled.</summary>
    private const int MostNamesBeside = 6;

    /// <summary>The page as text.</summary>
    public static string Text(IReadOnlyList<RunHistory> runs) =>
        Page.Text(Title(runs), [.. Parts(runs), new XElement("footer", $"Made by MuonSharp {Product.Version} from the files of the run folder.")]);

    /// <summary>The page's title.</summary>
    public static string Title(IReadOnlyList<RunHistory> runs) => runs.Count == 1 ? $"{runs[0].Name} - training run" : $"{runs.Count} training runs";

    /// <summary>The parts in their order, each an element with an <c>id</c>; what a run does not have is left out.</summary>
    /// <param name="runs">The runs, at least one.</param>
    /// <param name="over">The axis that curves are drawn over, a <see cref="Horizontal.Class"/>; null: over each, and the reader's choice shows one.</param>
    public static IReadOnlyList<XElement> Parts(IReadOnlyList<RunHistory> runs, string? over = null) => [.. (runs.Count == 1 ? One(runs[0], over) : Several(runs, over)).OfType<XElement>()];

    private static IEnumerable<XElement?> One(RunHistory run, string? over)
    {
        yield return Part(
            "head",
            new XElement("h1", run.Name),
            new XElement("p", new XAttribute("class", run.End?.Reason == "diverged" ? "lead warning" : "lead"), Lead(run)),
            new XElement(
                "dl",
                new XAttribute("class", "facts"),
                RunFacts.Of(run).Select(fact => new XElement("div", new XElement("dt", fact.Name), new XElement("dd", fact.Value, new XElement("small", fact.Remark))))));
        RunCharts charts = new([run], over);
        yield return Curves([run], charts);
        yield return LastStep.Of(run) is { Count: > 0 } last ? Part("step", new XElement("h2", "The last step"), Pairs(last), RunRouting.Groups(run)) : null;
        yield return RunRouting.Parameters(run) is { } routing ? Part("routing", routing) : null;
        yield return Spectra(charts, [run]);
        yield return RunPictures.Of(run.Folder) is { Count: > 0 } pictures ? Part("pictures", pictures) : null;
        yield return Skipped(run) is { } skipped ? Part("skipped", skipped) : null;
        yield return Samples(run);
        yield return Part("settings", new XElement("h2", "Settings"), run.Settings.Groups.Select(group => new XElement(
            "details",
            new XAttribute("class", "box"),
            group.Origin == SettingGroup.Given ? new XAttribute("open", "open") : null,
            new XElement("summary", $"{group.Origin} ", new XElement("span", new XAttribute("class", "unit"), Amount.Of(group.Settings.Count, "key"))),
            Pairs(group.Settings))));
        yield return run.Environment.Count == 0 ? null : Part("machine", new XElement("h2", "Machine"), Pairs(run.Environment));
    }

    private static IEnumerable<XElement?> Several(IReadOnlyList<RunHistory> runs, string? over)
    {
        string[] names = [.. runs.SelectMany(run => RunFacts.Of(run)).Select(fact => fact.Name).Distinct(StringComparer.Ordinal)];
        XElement results = Page.Table("Results", "results", runs.Select(run =>
        {
            var facts = RunFacts.Of(run).ToDictionary(fact => fact.Name, StringComparer.Ordinal);
            return (IReadOnlyList<string>)[run.Name, RunFacts.State(run), .. names.Select(name => facts.TryGetValue(name, out (string Name, string Value, string Remark) fact) ? Cell(fact) : "-")];
        }).Prepend(["run", "state", .. names]), row => row == 0 ? null : Page.Key(Look.Of(row - 1)));
        yield return Part("head", new XElement("h1", $"{runs.Count} training runs"), results);
        RunCharts charts = new(runs, over);
        yield return Curves(runs, charts);
        yield return Spectra(charts, runs);
        // That one run does not use what another has left to itself is no difference.
        string[] keys = [.. runs.SelectMany(run => run.Settings.All.Select(pair => pair.Key)).Distinct(StringComparer.Ordinal)];
        Dictionary<string, string>[] settings = [.. runs.Select(run => new Dictionary<string, string>(run.Settings.All.DistinctBy(pair => pair.Key, StringComparer.Ordinal), StringComparer.Ordinal))];
        IReadOnlyList<string>[] rows =
        [
            .. keys.Select(key => (string[])[key, .. settings.Select(each => each.GetValueOrDefault(key, "-"))])
                .Where(row => row.Skip(1).Distinct(StringComparer.Ordinal).Count() > 1 && row.Skip(1).Any(text => text is not ("-" or "null"))),
        ];
        yield return Part(
            "settings",
            new XElement("h2", "Settings that differ"),
            rows.Length == 0 ? new XElement("p", "None: the runs have the same configuration.")
                : Page.Table("Settings that differ", "settings", rows.Prepend(["key", .. runs.Select(run => run.Name)])));
    }

    /// <summary>The best evaluation says at which step, everything else is the number alone.</summary>
    private static string Cell((string Name, string Value, string Remark) fact) => fact.Name == "best held-out" ? $"{fact.Value} ({fact.Remark.Split(", ")[0]})" : fact.Value;

    private static string Lead(RunHistory run)
    {
        string optimizer = run.Settings.Config is { } config ? $", {config.Optimizer.Name}{(config.Preset.Length > 0 ? $", preset {config.Preset}" : "")}" : "";
        string started = run.Environment.FirstOrDefault(pair => pair.Key == "started").Value is { Length: >= 16 } time ? $", begun {time[..10]} {time[11..16]} UTC" : "";
        string broken = run.BrokenLines == 0 ? "" : $" {Amount.Of(run.BrokenLines, "line")} of metrics.jsonl could not be read.";
        return $"{RunFacts.State(run)}{optimizer}{started}.{Divergence(run)}{broken}";
    }

    /// <summary>What a run ended with that was given up for its gradients.</summary>
    private static string Divergence(RunHistory run) => run.End?.Reason == "diverged" && run.Skipped.Count > 0 && run.Skipped[^1] is var last && last.Step == run.End.Step
        ? $" The last {Amount.Of(last.InARow, "step")} changed nothing: gradients were not finite, or too large for float32, in the last one that of {last.Parameter}."
        : "";

    private static XElement? Spectra(RunCharts charts, IReadOnlyList<RunHistory> runs) =>
        new SpectrumFigures(charts, runs).Elements().ToArray() is { Length: > 0 } elements ? Part("spectra", elements) : null;

    private static XElement Curves(IReadOnlyList<RunHistory> runs, RunCharts charts)
    {
        XElement[] figures = [.. charts.Figures()];
        return figures.Length == 0 ? Part("curves", new XElement("p", "No step has been written yet.")) : Part("curves", Bar(runs, charts), new XElement("div", new XAttribute("class", "charts"), figures));
    }

    /// <summary>What the curves are drawn over, and of several runs whose they are.</summary>
    private static XElement Bar(IReadOnlyList<RunHistory> runs, RunCharts charts) => new(
        "div",
        new XAttribute("class", runs.Count > MostNamesBeside ? "bar many" : "bar"),
        new XElement(
            "fieldset",
            new XElement("legend", "Over"),
            charts.Axes.Select(axis => new XElement(
                "label",
                new XElement(
                    "input",
                    new XAttribute("type", "radio"),
                    new XAttribute("name", "over"),
                    new XAttribute("value", axis.Class),
                    charts.IsLive ? new XAttribute("form", "view") : null,
                    new XAttribute("id", $"over-{axis.Class}"),
                    axis == charts.First ? new XAttribute("checked", "checked") : null),
                new XElement("span", axis.Choice)))),
        runs.Count == 1 ? null : new XElement("ul", new XAttribute("class", "legend"), runs.Select((run, number) => new XElement("li", Page.Key(Look.Of(number)), run.Name))));

    private static XElement? Skipped(RunHistory run) => run.Skipped.Count == 0 ? null : new XElement(
        "details",
        new XAttribute("class", "box"),
        new XElement("summary", $"{Amount.Of(run.Skipped.Count, "step")} skipped: nothing was changed"),
        Page.Table("Skipped steps", "figures", run.Skipped.TakeLast(MostSkipped).Reverse()
            .Select(line => (string[])[Amount.Count(line.Step), line.Parameter, $"{line.InARow}", double.IsFinite(line.GradientNorm) ? Amount.Measured(line.GradientNorm) : "not finite"])
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
                Text(sample))),
        ];
        return Part(
            "samples",
            new XElement("h2", "Samples, the newest first"),
            samples.Take(FirstSamples),
            samples.Length <= FirstSamples ? null : new XElement(
                "details",
                new XAttribute("class", "box"),
                new XElement("summary", $"Earlier samples ({samples.Length - FirstSamples})"),
                samples.Skip(FirstSamples)));
    }

    /// <summary>A model that has diverged writes blank lines and nothing else.</summary>
    private static XElement Text(SampleLine sample) => string.IsNullOrWhiteSpace(sample.Prompt + sample.Text)
        ? new("p", new XAttribute("class", "note"), "Nothing but blanks.")
        : new("pre", new XAttribute("tabindex", "0"), sample.Prompt.Length == 0 ? null : new XElement("b", Cut(sample.Prompt)), Cut(sample.Text.TrimEnd()));

    private static string Cut(string text) => text.Length <= LongestSample ? text : $"{text[..LongestSample]}...";

    private static XElement Pairs(IReadOnlyList<KeyValuePair<string, string>> pairs) => new(
        "dl",
        new XAttribute("class", "pairs"),
        pairs.Select(pair => new XElement("div", new XElement("dt", pair.Key), new XElement("dd", pair.Value.Length == 0 ? "(empty)" : pair.Value))));

    private static XElement Part(string id, params object?[] content) => new("section", new XAttribute("id", id), content);
}
