using System.Globalization;
using System.Xml.Linq;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>What the last evaluation of a network of images found: which classes are taken for which, the worst mistakes and the first layer's filters as pictures.</summary>
internal static class RunPictures
{
    private const int MostClasses = 100;
    private static readonly JsonOptions s_options = new() { Operation = "report", MostBytes = 1 << 26 };

    /// <summary>The elements of a run's page; none where the run has no such file, or it cannot be read.</summary>
    public static IReadOnlyList<XElement> Of(string runFolder)
    {
        string path = Path.Combine(runFolder, ImageEvaluation.FileName);
        try
        {
            return File.Exists(path) ? [.. Sections(JsonFile.Read(path, s_options).Object())] : [];
        }
        catch (InvalidFileException)
        {
            return [];
        }
    }

    private static IEnumerable<XElement> Sections(JsonEntry root)
    {
        string[] classes = [.. root["classes"].Items(1, MostClasses).Select(name => OneLine.Short(name.Text()))];
        int[][] confusion = [.. root["confusion"].Items(classes.Length, classes.Length).Select(row => row.Items(classes.Length, classes.Length).Select(count => count.Integer(0)).ToArray())];
        yield return new XElement("h2", "What is taken for what");
        yield return new XElement("p", new XAttribute("class", "note"), $"Rows are what {Amount.Count(root["images"].Integer(0))} held-out images are, columns what they were taken for; the last column is the share of a row that is right.");
        yield return Page.Table(
            "What is taken for what",
            "figures confusion",
            confusion.Select((row, actual) => (IReadOnlyList<string>)[classes[actual], .. row.Select(count => count == 0 ? "" : Amount.Count(count)), Share(row, actual)]).Prepend(["class", .. classes, "right"]),
            look: (row, column) => row > 0 && column > 0 && column <= classes.Length ? Shade(confusion[row - 1], row - 1, column - 1) : null);

        XElement[] mistakes = [.. root["mistakes"].Items().Select(mistake => Mistake(mistake, classes)).OfType<XElement>()];
        if (mistakes.Length > 0)
        {
            yield return new XElement("h2", "The worst mistakes");
            yield return new XElement("div", new XAttribute("class", "pictures"), mistakes);
        }

        XElement[] filters = [.. root["filters"].Items().Select((png, number) => Picture(png.Text(), $"filter {number + 1}")).OfType<XElement>()];
        if (filters.Length > 0)
        {
            yield return new XElement("h2", "Filters of the first layer");
            yield return new XElement("div", new XAttribute("class", "pictures filters"), filters);
        }
    }

    private static string Share(int[] row, int actual) => row.Sum() is > 0 and var all ? string.Create(CultureInfo.InvariantCulture, $"{100.0 * row[actual] / all:0.0} %") : "";

    private static XElement? Mistake(JsonEntry mistake, string[] classes)
    {
        (string actual, string answer) = (classes[mistake["actual"].Integer(0, classes.Length - 1)], classes[mistake["answer"].Integer(0, classes.Length - 1)]);
        (double sure, double right) = (mistake["answer_probability"].Number(0, 1), mistake["actual_probability"].Number(0, 1));
        return Picture(mistake["png"].Text(), $"image {mistake["index"].Integer(0)}, {actual} taken for {answer}") is not { } picture ? null : new XElement(
            "figure",
            picture,
            new XElement("figcaption", actual, new XElement("small", string.Create(CultureInfo.InvariantCulture, $"taken for {answer}, {100 * sure:0.0}\u00A0%; {actual}\u00A0{100 * right:0.0}\u00A0%"))));
    }

    /// <summary>Right answers in one colour, wrong ones in another that is stronger the more there are.</summary>
    private static string? Shade(int[] row, int actual, int answer) => actual == answer ? "right" : ((double)row[answer] / Math.Max(1, row.Sum())) switch
    {
        < 0.005 => null,
        < 0.03 => "wrong",
        < 0.1 => "wrong often",
        _ => "wrong most",
    };

    /// <summary>A picture in the page itself; null for what is no PNG file.</summary>
    private static XElement? Picture(string base64, string text)
    {
        byte[] bytes = new byte[base64.Length];
        bool sound = Convert.TryFromBase64String(base64, bytes, out int length) && bytes.AsSpan(0, length).StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']);
        return sound ? new XElement("img", new XAttribute("src", $"data:image/png;base64,{Convert.ToBase64String(bytes, 0, length)}"), new XAttribute("alt", text), new XAttribute("title", text)) : null;
    }
}
