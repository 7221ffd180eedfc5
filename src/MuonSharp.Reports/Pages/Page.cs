using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using MuonSharp.Formats;

namespace MuonSharp.Reports;

/// <summary>A page: one file with all that belongs to it, which asks no network for anything and shows all it has without its script.</summary>
internal static class Page
{
    /// <summary>Browsers ask a server for an icon unless they are told that it is empty.</summary>
    private const string NoIcon = "<link rel=\"icon\" href=\"data:,\"/>";

    private static readonly string s_style = Resource("chart.css") + Resource("page.css");
    private static readonly string s_script = Resource("page.js");

    /// <summary>Nothing may be loaded but pictures that are in the page, and no style or script may run but the page's own, which are named by their hashes.</summary>
    private static readonly string s_policy = Policy(s_style, s_script) + "; form-action 'none'";

    /// <summary>The page as text.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="body">What it shows; texts may hold anything, they are shown as texts.</param>
    public static string Text(string title, IEnumerable<XElement?> body) => Text(title, new XElement("main", body), "", s_policy, s_style, s_script);

    /// <summary>The page of a server, with a style and a script more.</summary>
    /// <param name="title">Its title.</param>
    /// <param name="main">What it shows.</param>
    /// <param name="style">What is added to the style.</param>
    /// <param name="script">What is added to the script; it may ask the server that the page is from.</param>
    /// <returns>The page, and the policy that is to be its header.</returns>
    public static (string Text, string Policy) Served(string title, XElement main, string style, string script)
    {
        string policy = Policy(s_style + style, s_script + script) + "; connect-src 'self'; form-action 'self'";
        return (Text(title, main, NoIcon, policy, s_style + style, s_script + script), $"{policy}; frame-ancestors 'none'");
    }

    private static string Text(string title, XElement main, string head, string policy, string style, string script)
    {
        StringBuilder page = new();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"").Append(policy).Append("\"/>")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><meta name=\"color-scheme\" content=\"light dark\"/>");
        Append(page, new XElement("title", title));
        page.Append(head).Append("<style>").Append(style).Append("</style></head><body>");
        Append(page, main);
        return page.Append("<script>").Append(script).Append("</script></body></html>\n").ToString();
    }

    /// <summary>Writes a page, as a whole or not at all.</summary>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written; a page that was there is as it was.</exception>
    public static void Write(string file, string page)
    {
        // Its own name: a run that goes on and a reader of it may write the same page at once.
        string temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllText(temporary, page);
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception error) when (WriteFailedException.IsWriteFailure(error))
        {
            Remove(temporary);
            throw new WriteFailedException("report", file, error);
        }
    }

    /// <summary>A table that scrolls by itself where it is too wide: the header first, the first column names the rows.</summary>
    /// <param name="name">What a screen reader calls it.</param>
    /// <param name="kind">Its class.</param>
    /// <param name="rows">Rows of cells.</param>
    /// <param name="key">What stands before the first cell of a row, by its number; the header's is 0.</param>
    /// <param name="look">The class of a cell, by row and column; null: none.</param>
    public static XElement Table(string name, string kind, IEnumerable<IReadOnlyList<string>> rows, Func<int, XElement?>? key = null, Func<int, int, string?>? look = null) => new(
        "div",
        new XAttribute("class", "table"),
        new XAttribute("role", "region"),
        new XAttribute("aria-label", name),
        new XAttribute("tabindex", "0"),
        new XElement("table", new XAttribute("class", kind), rows.Select((row, number) => new XElement(
            "tr",
            row.Select((cell, column) => new XElement(
                number == 0 || column == 0 ? "th" : "td",
                number == 0 || column == 0 ? new XAttribute("scope", number == 0 ? "col" : "row") : null,
                look?.Invoke(number, column) is { } shade ? new XAttribute("class", shade) : null,
                column == 0 ? key?.Invoke(number) : null,
                cell))))));

    /// <summary>A piece of a line as the chart draws it; the empty text keeps the end tag, without which HTML takes the rest of the page into it.</summary>
    public static XElement Key(string look) => new("span", new XAttribute("class", $"key {look}"), "");

    /// <summary>A name of several parts, between which a line may end: <c>transformer.h.0.attn.c_attn.weight/query</c>.</summary>
    public static IEnumerable<object> Breakable(string name)
    {
        for (int start = 0, end; start < name.Length; start = end)
        {
            end = name.IndexOfAny(['.', '/'], start) is >= 0 and var found ? found + 1 : name.Length;
            yield return name[start..end];
            if (end < name.Length)
            {
                yield return new XElement("wbr");
            }
        }
    }

    /// <summary>An element as HTML; whatever its texts hold, they are texts.</summary>
    public static string Markup(XElement element)
    {
        StringBuilder markup = new();
        Append(markup, element);
        return markup.ToString();
    }

    private static void Append(StringBuilder page, XElement element)
    {
        foreach (XText text in element.DescendantNodes().OfType<XText>())
        {
            text.Value = Clean(text.Value);
        }

        foreach (XAttribute attribute in element.DescendantsAndSelf().Attributes().Where(attribute => !attribute.IsNamespaceDeclaration))
        {
            attribute.Value = Clean(attribute.Value);
        }

        page.Append(element.ToString(SaveOptions.DisableFormatting));
    }

    /// <summary>A file's text as a page can hold it: what would control a terminal, or is no character at all, is shown as its number.</summary>
    private static string Clean(string text)
    {
        string printable = OneLine.Printable(text.ReplaceLineEndings("\n"));
        return printable.AsSpan().ContainsAny('\uFFFE', '\uFFFF') ? printable.Replace('\uFFFE', '\uFFFD').Replace('\uFFFF', '\uFFFD') : printable;
    }

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What could not be written can often not be removed either; the first error is the one to tell.
        }
    }

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string Policy(string style, string script) => $"default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; img-src data:; base-uri 'none'";

    private static string Resource(string name) => Resource(Assembly.GetExecutingAssembly(), name);

    /// <summary>A text that is in an assembly.</summary>
    public static string Resource(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
