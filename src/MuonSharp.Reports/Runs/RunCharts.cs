using System.Xml.Linq;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The charts of one run, or of several over each other.</summary>
/// <param name="runs">The runs.</param>
/// <param name="over">The class of the only axis to draw over; null: over each.</param>
internal sealed class RunCharts(IReadOnlyList<RunHistory> runs, string? over = null)
{
    private const int SmoothPoints = 400;
    private const double NormRatio = 8;

    /// <summary>From which ratio of the greatest loss to the least on losses are drawn by ratios.</summary>
    public const double LossRatio = 30;

    private readonly IReadOnlyList<Horizontal> _horizontals = Horizontals.Of(runs);

    /// <summary>The horizontal axes that there are.</summary>
    public IReadOnlyList<Horizontal> Axes => _horizontals;

    /// <summary>The axis that is shown at first.</summary>
    public Horizontal First => _horizontals.FirstOrDefault(axis => axis.Class == over, _horizontals[0]);

    private bool IsOne => runs.Count == 1;

    /// <summary>Whether the page is a server's, which draws over another axis when it is asked to.</summary>
    public bool IsLive => over is not null;

    /// <summary>The figures, the most important first.</summary>
    public IEnumerable<XElement> Figures()
    {
        IEnumerable<XElement?> all =
        [
            IsOne ? Figure("Loss", LossUnit, OneLoss, LossNote, wide: true, LossRatio) : Figure("Held-out loss", LossUnit, HeldOut, wide: true, ratio: LossRatio),
            IsOne ? null : Figure("Training loss", LossUnit, axis => Means(axis, steps => steps.Losses), $"Each a {MeanOf(runs[0])}.", wide: true, LossRatio),
            .. OtherNumbers().Select(name => Figure($"Held-out {EvaluationText.Name(name)}", "after each evaluation", axis => Evaluated(axis, name))),
            .. Groups().Select(group => Figure(IsOne ? "Learning rates" : $"Learning rate, {group}", "by group", axis => Rates(axis, IsOne ? null : group))),
            Figure("Gradient norm", "before clipping", axis => RawAndMean(axis, steps => steps.GradientNorms).Concat(SkippedSteps(axis)), SkippedNote, ratio: NormRatio),
            Figure("Greatest attention logit", IsOne ? "by layer, thin: each step" : "of all heads", Logits, ClippedNote, target: Tau),
            runs.Any(run => run.Steps.ClippedHeads.Means.Any(heads => heads > 0)) ? Figure("Heads clipped by QK-clip", "heads a step", axis => RawAndMean(axis, steps => steps.ClippedHeads)) : null,
            Figure("Throughput", $"{runs[0].Steps.Unit} a second", axis => RawAndMean(axis, steps => steps.UnitsPerSecond)),
            Figure("Memory", "MiB", Memory),
        ];
        return all.OfType<XElement>();
    }

    /// <summary>How many entries of <see cref="StepColumns"/> a mean is taken over: a hundredth of the run, ten at least.</summary>
    public static int Window(RunHistory run) => Math.Max(10, run.Steps.Steps.Count / 100);

    private static string MeanOf(RunHistory run) => $"mean of about {Amount.Count((long)Window(run) * run.Steps.Together)} steps";

    private string LossUnit => runs.All(run => run.Evaluations.Count == 0 ? run.Settings.Config is { Image.Network: null } : run.Evaluations[0].Numbers.Any(number => number.Name == "bits_per_byte"))
        ? "nats per token" : runs.All(run => run.Settings.Config is { Image.Network: not null }) ? "nats per image" : "as the task measures it";

    private string LossNote => runs[0].Best is { } best
        ? $"Best held-out {EvaluationText.Name(best.Numbers[0].Name)}: {Amount.Loss(best.Numbers[0].Value)}, after step {Amount.Count(best.Step)} (circle)."
        : runs[0].Evaluations.Count > 0 ? "No evaluation gave a finite number."
        : runs[0].End is null ? "No evaluation yet." : "There was no evaluation.";

    private string SkippedNote => runs.Sum(run => run.Skipped.Count) is > 0 and var count ? $"{Amount.Of(count, "step")} skipped (circles): a gradient was not finite, or too large for float32." : "";

    private string ClippedNote => double.IsFinite(Tau) ? $"Dashed: tau of QK-clip, {Amount.Number(Tau)}." : "";

    /// <summary>The clip's threshold, where the logits come near it: far above them it would press them flat.</summary>
    private double Tau
    {
        get
        {
            double greatest = runs.SelectMany(run => run.Steps.Logits.Extremes).Where(double.IsFinite).DefaultIfEmpty(0).Max();
            double? tau = IsOne && runs[0].Settings.Config is { } config ? config.QkClip.EffectiveTau(config.Model) : null;
            return tau is { } value && greatest > value / 2 ? value : double.PositiveInfinity;
        }
    }

    /// <summary>A chart over the axes of the page; null when there is nothing to draw.</summary>
    public XElement? Figure(
        string title, string unit, Func<Horizontal, IEnumerable<Series>> series, string note = "", bool wide = false, double ratio = double.PositiveInfinity, double target = double.PositiveInfinity) =>
        ChartFigure.Of(
            [.. (IsLive ? [First] : _horizontals).Select(axis => (IsLive ? "" : axis.Class, new Chart(title, axis.Name, unit, [.. series(axis)]) { Whole = axis.Whole, Target = target, LogarithmicFrom = ratio, Wide = wide }))], note, legend: IsOne);

    private IEnumerable<Series> OneLoss(Horizontal axis)
    {
        RunHistory run = runs[0];
        yield return Raw("training, each step", Look.Of(0), axis, run, run.Steps.Losses);
        yield return Mean($"training, {MeanOf(run)}", Look.Of(0), axis, run, run.Steps.Losses);
        if (run.Evaluations.Count > 0)
        {
            yield return Evaluated("held-out", Look.Of(1), axis, run, line => line.Numbers[0].Value);
        }

        if (run.Best is { } best)
        {
            yield return new("best held-out", Look.Of(1), [axis.At(run.Steps, best.Step)], [best.Numbers[0].Value], SeriesKind.Marks);
        }
    }

    private IEnumerable<Series> HeldOut(Horizontal axis) =>
        runs.Select((run, number) => Evaluated(run.Name, Look.Of(number), axis, run, line => line.Numbers[0].Value));

    private IEnumerable<Series> Evaluated(Horizontal axis, string name) => runs.Select((run, number) => Evaluated(
        IsOne ? name : run.Name, Look.Of(IsOne ? 1 : number), axis, run, line => line.Numbers.FirstOrDefault(each => each.Name == name, new(name, double.NaN)).Value));

    /// <summary>Numbers of evaluations beside the one that decides; bits per byte are the same curve as nats per token.</summary>
    private IEnumerable<string> OtherNumbers() => runs.SelectMany(run => run.Evaluations).SelectMany(line => line.Numbers.Skip(1))
        .Select(number => number.Name).Where(name => name != "bits_per_byte").Distinct(StringComparer.Ordinal).Take(8);

    /// <summary>One run has a chart of all groups, several have one for each group.</summary>
    private IEnumerable<string> Groups() => runs.SelectMany(run => run.Steps.Rates).Select(rate => rate.Name).Distinct(StringComparer.Ordinal).Take(IsOne ? 1 : 8);

    private IEnumerable<Series> Rates(Horizontal axis, string? group) => IsOne
        ? runs[0].Steps.Rates.Select((rate, number) => new Series(rate.Name, Look.Of(number), axis.Of(runs[0].Steps), rate.Values))
        : runs.SelectMany((run, number) => run.Steps.Rates.Where(rate => rate.Name == group).Select(rate => new Series(run.Name, Look.Of(number), axis.Of(run.Steps), rate.Values)));

    private IEnumerable<Series> Logits(Horizontal axis)
    {
        if (!IsOne)
        {
            return Means(axis, steps => steps.Logits);
        }

        RunHistory run = runs[0];
        (string Name, LineColumn Values)[] columns = run.Steps.LayerLogits.Count == 0
            ? [("greatest of all", run.Steps.Logits)]
            : [.. run.Steps.LayerLogits.Select((column, layer) => ($"layer {layer}", column))];
        return columns
            .Select((column, number) => Raw(column.Name, Look.Shade(number, columns.Length), axis, run, column.Values))
            .Concat(columns.Select((column, number) => Mean(column.Name, Look.Shade(number, columns.Length), axis, run, column.Values)));
    }

    private IEnumerable<Series> Memory(Horizontal axis) => runs.SelectMany((run, number) =>
    {
        double[] places = [.. run.Steps.MemorySteps.Select(step => axis.At(run.Steps, step))];
        return (Series[])
        [
            new(IsOne ? "the process" : run.Name, Look.Of(number), places, run.Steps.WorkingSet),
            .. IsOne ? [new Series("managed", Look.Of(1), places, run.Steps.Managed)] : (Series[])[],
        ];
    });

    /// <summary>A skipped step has no norm; it stands at that of the step before.</summary>
    private IEnumerable<Series> SkippedSteps(Horizontal axis) => runs.Where(run => run.Skipped.Count > 0 && run.Steps.Steps.Count > 0).Select((run, number) => new Series(
        IsOne ? "skipped" : run.Name,
        Look.Of(IsOne ? 1 : number),
        [.. run.Skipped.Select(line => axis.At(run.Steps, line.Step))],
        [.. run.Skipped.Select(line => run.Steps.At(run.Steps.GradientNorms.Means, Math.Max(line.Step, run.Steps.Steps[0])))],
        SeriesKind.Marks));

    private IEnumerable<Series> RawAndMean(Horizontal axis, Func<StepColumns, LineColumn> column) => IsOne
        ? Means(axis, column).Prepend(Raw("each step", Look.Of(0), axis, runs[0], column(runs[0].Steps)))
        : Means(axis, column);

    private IEnumerable<Series> Means(Horizontal axis, Func<StepColumns, LineColumn> column) =>
        runs.Select((run, number) => Mean(IsOne ? MeanOf(run) : run.Name, Look.Of(number), axis, run, column(run.Steps)));

    private static Series Raw(string label, string look, Horizontal axis, RunHistory run, LineColumn column) =>
        new(label, look, column.Places(axis.Of(run.Steps)), column.Extremes, SeriesKind.Raw);

    private static Series Mean(string label, string look, Horizontal axis, RunHistory run, LineColumn column)
    {
        IReadOnlyList<double> values = column.Means;
        int[] points = Smoothing.Even(values.Count, SmoothPoints);
        int window = Window(run);
        IReadOnlyList<double> places = axis.Of(run.Steps);
        return new(label, look, [.. points.Select(i => places[i])], [.. points.Select(i => Smoothing.Mean(values, i, window))]);
    }

    private static Series Evaluated(string label, string look, Horizontal axis, RunHistory run, Func<EvaluationLine, double> value) => new(
        label, look, [.. run.Evaluations.Select(line => axis.At(run.Steps, line.Step))], [.. run.Evaluations.Select(value)], SeriesKind.Dots)
    {
        Hint = i => $"step {Amount.Count(run.Evaluations[i].Step)}: {Amount.Loss(value(run.Evaluations[i]))}",
    };
}
