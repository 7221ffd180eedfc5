using System.Xml.Linq;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The singular values of a run's matrices as charts: the spectra of some steps, of which the reader chooses one, and how they go over the run.</summary>
/// <param name="charts">The charts of the page, over whose axes these are drawn.</param>
/// <param name="runs">The runs.</param>
internal sealed class SpectrumFigures(RunCharts charts, IReadOnlyList<RunHistory> runs)
{
    private const int MostMatrices = 6;
    private const int MostSteps = 6;
    private const int MostPoints = 40;
    private const double Ratio = 8;

    /// <summary>What is smaller than this share of the greatest is rounding.</summary>
    private const double Noise = 1e-6;

    private static readonly SpectrumKind[] s_kinds = Enum.GetValues<SpectrumKind>();

    private bool IsOne => runs.Count == 1;

    /// <summary>Heading, choice of the step and a box for each matrix; none where nothing was measured.</summary>
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
            : "Singular values of the weights.");
        IReadOnlyList<long> steps = runs[0].Spectra is [var first, ..] ? first.Some(MostSteps) : [];
        if (IsOne)
        {
            yield return Choice(steps);
        }

        foreach (string name in names.Take(MostMatrices))
        {
            yield return new XElement(
                "details",
                new XAttribute("class", "box"),
                name == names[0] ? new XAttribute("open", "open") : null,
                new XElement("summary", $"{name} ", new XElement("span", new XAttribute("class", "unit"), runs.SelectMany(run => run.Spectra).First(matrix => matrix.Name == name).Shape)),
                new XElement("div", new XAttribute("class", "charts"), IsOne ? One(runs[0], runs[0].Spectra.Find(matrix => matrix.Name == name)!, steps) : Several(name)));
        }

        if (names.Length > MostMatrices)
        {
            yield return new XElement("p", new XAttribute("class", "note"), $"{names.Length - MostMatrices} more in metrics.jsonl.");
        }
    }

    /// <summary>Buttons, the newest step first, so that those that come later change no choice.</summary>
    private static XElement Choice(IReadOnlyList<long> steps) => new(
        "fieldset",
        new XElement("legend", "After step"),
        steps.Select((step, number) => new XElement(
            "label",
            new XElement(
                "input",
                new XAttribute("type", "radio"),
                new XAttribute("name", "at"),
                new XAttribute("id", $"at-{number}"),
                number == 0 ? new XAttribute("checked", "checked") : null),
            new XElement("span", Amount.Count(step)))));

    private IEnumerable<XElement?> One(RunHistory run, MatrixSpectra matrix, IReadOnlyList<long> steps)
    {
        yield return ChartFigure.Of(
            [.. steps.Select((step, number) => ($"at-{number}", new Chart("Spectrum", "singular value", "as shares of the greatest", [.. (matrix.At(step)?.Spectra ?? []).Select(spectrum => Shape(spectrum, matrix.Size))])
            {
                LogarithmicFrom = Ratio,
                Whole = true,
                Wide = true,
            }))]);
        yield return Course("Spectral norm", "the greatest singular value", spectrum => spectrum.Greatest);
        yield return Course("Stable rank", $"how many of {matrix.Size} count", spectrum => spectrum.StableRank);
        yield return Course("Condition", "the greatest over the least", spectrum => spectrum.Condition < 1 / Noise ? spectrum.Condition : double.NaN);

        XElement? Course(string title, string unit, Func<Spectrum, double> number) => charts.Figure(title, unit, axis => s_kinds
            .Select(kind => Points(Label(kind), Look.Of((int)kind), axis, run, matrix, kind, number)).OfType<Series>(), ratio: Ratio);
    }

    private IEnumerable<XElement?> Several(string name)
    {
        yield return Course("Spectral norm of the weights", "the greatest singular value", spectrum => spectrum.Greatest);
        yield return Course("Stable rank of the weights", "how many singular values count", spectrum => spectrum.StableRank);

        XElement? Course(string title, string unit, Func<Spectrum, double> number) => charts.Figure(title, unit, axis => runs
            .Select((run, at) => run.Spectra.Find(matrix => matrix.Name == name) is { } matrix ? Points(run.Name, Look.Of(at), axis, run, matrix, SpectrumKind.Weights, number) : null).OfType<Series>(), ratio: Ratio);
    }

    private static Series? Points(string label, string look, Horizontal axis, RunHistory run, MatrixSpectra matrix, SpectrumKind kind, Func<Spectrum, double> number)
    {
        IReadOnlyList<double> values = matrix.Numbers(kind, number);
        int[] points = Smoothing.Even(values.Count, MostPoints);
        return values.Count == 0 ? null : new(label, look, [.. points.Select(i => axis.At(run.Steps, matrix.Steps[i]))], [.. points.Select(i => values[i])]);
    }

    private static Series Shape(Spectrum spectrum, int size)
    {
        int count = spectrum.Values.Count;
        int[] points = Smoothing.Even(count, MostPoints);
        return new(
            Label(spectrum.Kind),
            Look.Of((int)spectrum.Kind),
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
