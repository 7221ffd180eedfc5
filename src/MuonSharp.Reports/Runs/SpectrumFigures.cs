using System.Xml.Linq;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The singular values of the runs' matrices as charts: the spectra of some steps, of which the reader chooses one, and how they go over the run.</summary>
/// <remarks>One run has all kinds of a matrix in a chart; of several each has a line, and the reader chooses the kind.</remarks>
/// <param name="charts">The charts of the page, over whose axes these are drawn.</param>
/// <param name="runs">The runs.</param>
internal sealed class SpectrumFigures(RunCharts charts, IReadOnlyList<RunHistory> runs)
{
    private const int MostMatrices = 6;
    private const int MostSteps = 6;
    private const int MostPoints = 40;
    private const int MostDots = 12;
    private const double Ratio = 8;

    /// <summary>What is smaller than this share of the greatest is rounding.</summary>
    private const double Noise = 1e-6;

    private static readonly SpectrumKind[] s_kinds = Enum.GetValues<SpectrumKind>();
    private static readonly SpectrumKind[] s_compared = [SpectrumKind.Weights, SpectrumKind.Result, SpectrumKind.Direction];

    private bool IsOne => runs.Count == 1;

    /// <summary>Heading, choices and a box for each matrix; none where nothing was measured.</summary>
    public IEnumerable<XElement> Elements()
    {
        string[] names = [.. runs.SelectMany(run => run.Spectra).Select(matrix => matrix.Name).Distinct(StringComparer.Ordinal)];
        if (names.Length == 0)
        {
            yield break;
        }

        yield return new XElement("h2", "Spectra");
        yield return new XElement("p", new XAttribute("class", "note"), IsOne
            ? "Singular values: of the gradient, the momentum, what goes into the orthogonalization and comes out of it (the update, before learning rate and scale), and the weights."
            : "Singular values of the same matrix in each run: of the weights, of what comes out of the orthogonalization (the update, before learning rate and scale), and of what goes into it.");
        IReadOnlyList<long> steps = Steps();
        SpectrumKind[] kinds = [.. s_compared.Where(kind => runs.Any(run => run.Spectra.Exists(matrix => matrix.Numbers(kind, spectrum => spectrum.Greatest).Count > 0)))];
        yield return Choice("After step", "at", steps.Select(Amount.Count));
        if (!IsOne)
        {
            yield return Choice("Of", "of", kinds.Select(Label));
        }

        foreach (string name in names.Take(MostMatrices))
        {
            yield return new XElement(
                "details",
                new XAttribute("class", "box"),
                name == names[0] ? new XAttribute("open", "open") : null,
                new XElement("summary", Page.Breakable(name), " ", new XElement("span", new XAttribute("class", "unit"), runs.SelectMany(run => run.Spectra).First(matrix => matrix.Name == name).Shape)),
                new XElement("div", new XAttribute("class", "charts"), IsOne ? One(runs[0], runs[0].Spectra.Find(matrix => matrix.Name == name)!, steps) : Several(name, steps, kinds)));
        }

        if (names.Length > MostMatrices)
        {
            yield return new XElement("p", new XAttribute("class", "note"), $"{names.Length - MostMatrices} more in metrics.jsonl.");
        }
    }

    /// <summary>Steps to choose from, the newest first. Those come first at which every run has a sample that measured before and after them.</summary>
    private long[] Steps()
    {
        long[][] measured = [.. runs.Where(run => run.Spectra.Count > 0).Select(run => run.Spectra.SelectMany(matrix => matrix.Kept).Distinct().Order().ToArray())];
        long[] all = [.. measured.SelectMany(each => each).Distinct().Order()];
        long[] common = [.. all.Where(step => measured.All(each => step < each[0] || step > each[^1] || Array.BinarySearch(each, step) >= 0))];
        all = common.Length < Math.Min(MostSteps, all.Length) ? all : common;
        return [.. Smoothing.Even(all.Length, MostSteps).Select(i => all[i]).Reverse()];
    }

    /// <summary>Buttons, the first of which is chosen: with the newest step before the others, those that come later change no choice.</summary>
    private static XElement Choice(string legend, string name, IEnumerable<string> choices) => new(
        "fieldset",
        new XElement("legend", legend),
        choices.Select((choice, number) => new XElement(
            "label",
            new XElement(
                "input",
                new XAttribute("type", "radio"),
                new XAttribute("name", name),
                new XAttribute("id", $"{name}-{number}"),
                number == 0 ? new XAttribute("checked", "checked") : null),
            new XElement("span", choice))));

    private IEnumerable<XElement?> One(RunHistory run, MatrixSpectra matrix, IReadOnlyList<long> steps)
    {
        foreach ((int number, long step) in steps.Index())
        {
            SpectrumLine? line = matrix.UpTo(step);
            yield return Figure(
                "Spectrum",
                step,
                (line?.Spectra ?? []).Select(spectrum => Shape(Label(spectrum.Kind), Look.Of((int)spectrum.Kind), spectrum, matrix.Size)),
                line is null ? "Not measured up to this step." : line.Step < step ? $"Of an earlier step: {Amount.Count(line.Step)}." : "",
                $"at-{number}");
        }

        yield return Course("Spectral norm", "the greatest singular value", spectrum => spectrum.Greatest);
        yield return Course("Stable rank", $"how many of {matrix.Size} count", spectrum => spectrum.StableRank);
        yield return Course("Condition", "the greatest over the least", spectrum => spectrum.Condition < 1 / Noise ? spectrum.Condition : double.NaN);

        XElement? Course(string title, string unit, Func<Spectrum, double> number) => charts.Figure(title, unit, axis => s_kinds
            .Select(kind => Points(Label(kind), Look.Of((int)kind), axis, run, matrix, kind, number)).OfType<Series>(), ratio: Ratio);
    }

    private IEnumerable<XElement?> Several(string name, IReadOnlyList<long> steps, IReadOnlyList<SpectrumKind> kinds)
    {
        foreach ((int of, SpectrumKind kind) in kinds.Index())
        {
            foreach ((int at, long step) in steps.Index())
            {
                yield return Compared(name, kind, step, $"at-{at} of-{of}");
            }
        }

        yield return Course("Spectral norm of the weights", "the greatest singular value", spectrum => spectrum.Greatest);
        yield return Course("Stable rank of the weights", "how many singular values count", spectrum => spectrum.StableRank);

        XElement? Course(string title, string unit, Func<Spectrum, double> number) => charts.Figure(title, unit, axis => runs
            .Select((run, at) => run.Spectra.Find(matrix => matrix.Name == name) is { } matrix ? Points(run.Name, Look.Of(at), axis, run, matrix, SpectrumKind.Weights, number) : null).OfType<Series>(), ratio: Ratio);
    }

    /// <summary>One kind of all runs, each at its last sample up to a step; which that is, or why there is none, is said.</summary>
    private XElement Compared(string name, SpectrumKind kind, long step, string choice)
    {
        List<Series> lines = [];
        List<string> earlier = [], without = [];
        foreach ((int number, RunHistory run) in runs.Index())
        {
            MatrixSpectra? matrix = run.Spectra.Find(each => each.Name == name);
            SpectrumLine? sample = matrix?.UpTo(step);
            if (sample?.Spectra.FirstOrDefault(each => each.Kind == kind) is not { Greatest: > 0 } spectrum)
            {
                without.Add(run.Name);
                continue;
            }

            lines.Add(Shape(run.Name, Look.Of(number), spectrum, matrix!.Size));
            if (sample.Step < step)
            {
                earlier.Add($"{run.Name} ({Amount.Count(sample.Step)})");
            }
        }

        string[] notes =
        [
            .. earlier.Count == 0 ? (string[])[] : [$"Of an earlier step: {string.Join(", ", earlier)}."],
            .. without.Count == 0 ? (string[])[] : [$"Not measured: {string.Join(", ", without)}."],
        ];
        return Figure($"Spectrum: {Label(kind)}", step, lines, string.Join(' ', notes), choice);
    }

    private static XElement Figure(string title, long step, IEnumerable<Series> lines, string note, string choice)
    {
        Chart chart = new(title, "singular value", $"after step {Amount.Count(step)}, as shares of the greatest", [.. lines]) { LogarithmicFrom = Ratio, Whole = true, Wide = true };
        return ChartFigure.Of([("", chart)], note, choice: choice) ?? ChartFigure.Empty(chart, note, choice);
    }

    private static Series? Points(string label, string look, Horizontal axis, RunHistory run, MatrixSpectra matrix, SpectrumKind kind, Func<Spectrum, double> number)
    {
        IReadOnlyList<double> values = matrix.Numbers(kind, number);
        IReadOnlyList<double> steps = matrix.Steps;
        int[] points = Smoothing.Even(values.Count, MostPoints);
        return values.Count == 0 ? null : new(label, look, [.. points.Select(i => axis.At(run.Steps, steps[i]))], [.. points.Select(i => values[i])], points.Length <= MostDots ? SeriesKind.Dots : SeriesKind.Line);
    }

    private static Series Shape(string label, string look, Spectrum spectrum, int size)
    {
        int count = spectrum.Values.Count;
        int[] points = Smoothing.Even(count, MostPoints);
        return new(
            label,
            look,
            [.. points.Select(i => count == 1 ? 1 : 1 + ((long)i * (size - 1) / (count - 1)))],
            [.. points.Select(i => spectrum.Values[i] / spectrum.Greatest is var share && share >= Noise ? share : double.NaN)]);
    }

    private static string Label(SpectrumKind kind) => kind switch
    {
        SpectrumKind.Gradient => "gradient",
        SpectrumKind.Momentum => "momentum",
        SpectrumKind.Direction => "before orthogonalization",
        SpectrumKind.Result => "after orthogonalization",
        _ => "weights",
    };
}
