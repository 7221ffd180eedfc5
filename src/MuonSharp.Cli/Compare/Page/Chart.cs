using System.Globalization;

namespace MuonSharp.Cli.Compare.Page;

/// <summary>What a chart shows.</summary>
/// <param name="Title">Its heading, and what a screen reader calls it.</param>
/// <param name="Horizontal">Name and unit of the horizontal axis.</param>
/// <param name="Vertical">Name and unit of the vertical axis.</param>
/// <param name="Series">Lines and marks.</param>
internal sealed record Chart(string Title, string Horizontal, string Vertical, IReadOnlyList<Series> Series)
{
    /// <summary>Whether equal ratios, not equal differences, are equally far apart on the horizontal axis.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>Whether there are only whole numbers on the horizontal axis.</summary>
    public bool Whole { get; init; }

    /// <summary>Height of a dashed line across; infinity for none.</summary>
    public double Target { get; init; } = double.PositiveInfinity;
}

/// <summary>A point of a chart.</summary>
/// <param name="X">Place on the horizontal axis.</param>
/// <param name="Y">Place on the vertical axis.</param>
/// <param name="Hint">What a browser shows where the pointer rests.</param>
internal readonly record struct ChartPoint(double X, double Y, string Hint)
{
    /// <summary>Whether it can be drawn.</summary>
    public bool Finite => double.IsFinite(X) && double.IsFinite(Y);
}

/// <summary>A line of a chart, or marks without a line.</summary>
/// <param name="Label">What it stands for.</param>
/// <param name="Color">Index into the page's colours.</param>
/// <param name="Points">Its points, in the order in which the line joins them; those that are not finite are gaps.</param>
/// <param name="Line">Whether the points are joined; otherwise they are hollow marks.</param>
internal sealed record Series(string Label, int Color, IReadOnlyList<ChartPoint> Points, bool Line = true);

/// <summary>How an optimizer is told from the others, the same in curves, legend and tables: by colour, and where those are used up by the line.</summary>
internal static class Look
{
    private const int Colors = 8;

    /// <summary>The classes of the style sheet.</summary>
    /// <param name="number">Number of the optimizer, from 0.</param>
    public static string Of(int number) => $"c{number % Colors}" + (number / Colors) switch
    {
        0 => "",
        1 => " dashed",
        _ => " dotted",
    };
}

/// <summary>Maps numbers to places on paper, and chooses the numbers that are written beside it.</summary>
internal sealed class Axis
{
    private static readonly double[] s_steps = [1, 2, 2.5, 5, 10];
    private static readonly double[] s_leads = [1, 2, 5];

    private readonly double _start;
    private readonly double _end;
    private readonly bool _logarithmic;

    /// <summary>An axis over some numbers.</summary>
    /// <param name="least">The least of them; above 0 if _logarithmic.</param>
    /// <param name="greatest">The greatest.</param>
    /// <param name="start">Place of the axis' least number.</param>
    /// <param name="end">Place of its greatest.</param>
    /// <param name="logarithmic">Whether equal ratios are equally far apart.</param>
    /// <param name="marks">How many numbers there is room for.</param>
    /// <param name="whole">Whether only whole numbers are written.</param>
    public Axis(double least, double greatest, double start, double end, bool logarithmic = false, int marks = 6, bool whole = false)
    {
        (_start, _end, _logarithmic) = (start, end, logarithmic);
        if (logarithmic)
        {
            // A little room beside the outermost points.
            (Least, Greatest) = (least / 1.2, greatest * 1.2);
            Ticks = [.. Decades(Least, Greatest)];
            return;
        }

        if (greatest - least < 1e-9 * Math.Max(1, Math.Abs(greatest)))
        {
            (least, greatest) = (least - 0.5, greatest + 0.5);
        }

        double step = Step((greatest - least) / marks, whole);
        (Least, Greatest) = (Math.Floor((least / step) + 1e-9) * step, Math.Ceiling((greatest / step) - 1e-9) * step);
        int count = (int)Math.Round((Greatest - Least) / step);
        Ticks = [.. Enumerable.Range(0, count + 1).Select(i => Math.Round(Least + (i * step), 12))];
    }

    /// <summary>The least number on the axis.</summary>
    public double Least { get; }

    /// <summary>The greatest number on the axis.</summary>
    public double Greatest { get; }

    /// <summary>The numbers that are written beside the axis, ascending.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Place of a number.</summary>
    public double At(double value) => _start + ((_end - _start) * (_logarithmic
        ? Math.Log(value / Least) / Math.Log(Greatest / Least)
        : (value - Least) / (Greatest - Least)));

    /// <summary>A number as it is written beside the axis.</summary>
    public static string Text(double value) => Math.Abs(value) >= 1000 ? value.ToString("#,0.###", CultureInfo.InvariantCulture) : value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>The round number (1, 2, 2.5 or 5 times a power of ten) next above a distance.</summary>
    private static double Step(double distance, bool whole)
    {
        distance = whole ? Math.Max(1, distance) : distance;
        double power = Math.Pow(10, Math.Floor(Math.Log10(distance)));
        return s_steps.First(step => step * power >= distance * (1 - 1e-9) && !(whole && double.IsOddInteger(2 * step * power))) * power;
    }

    private static IEnumerable<double> Decades(double least, double greatest)
    {
        for (int exponent = (int)Math.Floor(Math.Log10(least)); Math.Pow(10, exponent) <= greatest; exponent++)
        {
            foreach (double lead in s_leads)
            {
                double value = double.Parse($"{lead}e{exponent}", CultureInfo.InvariantCulture);
                if (value >= least && value <= greatest)
                {
                    yield return value;
                }
            }
        }
    }
}
