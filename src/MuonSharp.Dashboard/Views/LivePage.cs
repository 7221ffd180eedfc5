using System.Reflection;
using System.Xml.Linq;
using MuonSharp.Dashboard.Runs;
using MuonSharp.Reports;

namespace MuonSharp.Dashboard.Views;

/// <summary>Draws views, and the page around one.</summary>
internal static class LivePage
{
    private static readonly string s_style = Page.Resource(Assembly.GetExecutingAssembly(), "live.css");
    private static readonly string s_script = Page.Resource(Assembly.GetExecutingAssembly(), "live.js");

    /// <summary>Draws a view.</summary>
    /// <param name="choice">What was chosen.</param>
    /// <param name="found">All runs that there are.</param>
    /// <param name="runs">Those that are shown.</param>
    public static ViewState Draw(ViewChoice choice, IReadOnlyList<FoundRun> found, IReadOnlyList<RunHistory> runs)
    {
        IEnumerable<XElement> parts = runs.Count == 0 ? [Nothing(choice)] : RunPage.Parts(runs, choice.Over);
        return new(
            runs.Count == 0 ? "training runs" : RunPage.Title(runs),
            [.. parts.Take(1).Append(Chooser(choice, found, runs)).Concat(parts.Skip(1)).Select(part => new ViewPart((string)part.Attribute("id")!, Page.Markup(part)))]);
    }

    /// <summary>The page: all parts as they are now, and the script that replaces them.</summary>
    public static (string Text, string Policy) Of(ViewState state) => Page.Served(
        state.Title,
        new(
            "main",
            new XAttribute("data-state", state.Id),
            new XElement("p", new XAttribute("id", "connection"), new XAttribute("role", "status"), "As it was when the page was opened."),
            state.Parts.Select(part => XElement.Parse(part.Markup, LoadOptions.PreserveWhitespace))),
        s_style,
        s_script);

    private static XElement Nothing(ViewChoice choice) => new(
        "section",
        new XAttribute("id", "head"),
        new XElement("h1", choice.Runs.Count == 0 ? "No run yet" : "Not there"),
        new XElement("p", new XAttribute("class", "lead"), choice.Runs.Count == 0 ? "The page shows a run as soon as there is one." : "What was chosen is not there. The page shows it as soon as it is."));

    /// <summary>Boxes to choose runs with; the form works without a script too.</summary>
    private static XElement Chooser(ViewChoice choice, IReadOnlyList<FoundRun> found, IReadOnlyList<RunHistory> runs)
    {
        HashSet<string> shown = choice.Runs.Count == 0 ? [] : [.. runs.Select(run => run.Name)];
        string[] missing = [.. choice.Runs.Where(name => !shown.Contains(name))];
        return new(
            "section",
            new XAttribute("id", "chooser"),
            new XElement(
                "form",
                new XAttribute("id", "view"),
                new XAttribute("method", "get"),
                new XAttribute("action", "/"),
                missing.Length == 0 ? null : new XElement("p", new XAttribute("class", "note warning"), $"Chosen and not there: {string.Join(", ", missing)}"),
                found.Count == 0 ? null : new XElement(
                    "details",
                    new XAttribute("class", "box"),
                    found.Count > 1 ? new XAttribute("open", "open") : null,
                    new XElement("summary", $"Runs ({found.Count})"),
                    new XElement("p", new XAttribute("class", "note"), $"Up to {ViewChoice.MostRuns} are laid over each other; with none marked, the page follows the one that was written to last, until that ends."),
                    new XElement(
                        "ul",
                        new XAttribute("class", "choices"),
                        found.Select(run => new XElement(
                            "li",
                            new XAttribute("data-key", run.Name),
                            new XElement(
                                "label",
                                new XElement(
                                    "input",
                                    new XAttribute("type", "checkbox"),
                                    new XAttribute("name", "run"),
                                    new XAttribute("value", run.Name),
                                    shown.Contains(run.Name) ? new XAttribute("checked", "checked") : null),
                                new XElement("span", run.Name))))),
                    new XElement("button", new XAttribute("type", "submit"), "Show"))));
    }
}
