using System.Globalization;

namespace MuonSharp.Cli.Compare.Page;

/// <summary>Maps numbers to places on paper, and chooses the numbers that are written beside it.</summary>
internal sealed class Axis
{
    private static readonly double[] Steps = [1, 2, 2.5, 5, 10];
    private static readonly double[] Leads = [1, 2, 5];

    private readonly double start;
    private readonly double end;
    private readonly bool logarithmic;

    /// <summary>An axis over some numbers.</summary>
    /// <param name="least">The least of them; above 0 if logarithmic.</param>
    /// <param name="greatest">The greatest.</param>
    /// <param name="start">Place of the axis' least number.</param>
    /// <param name="end">Place of its greatest.</param>
    /// <param name="logarithmic">Whether equal ratios are equally far apart.</param>
    /// <param name="marks">How many numbers there is room for.</param>
    /// <param name="whole">Whether only whole numbers are written.</param>
    public Axis(double least, double greatest, double start, double end, bool logarithmic = false, int marks = 6, bool whole = false)
    {
        (this.start, this.end, this.logarithmic) = (start, end, logarithmic);
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

        var step = Step((greatest - least) / marks, whole);
        (Least, Greatest) = (Math.Floor((least / step) + 1e-9) * step, Math.Ceiling((greatest / step) - 1e-9) * step);
        var count = (int)Math.Round((Greatest - Least) / step);
        Ticks = [.. Enumerable.Range(0, count + 1).Select(i => Math.Round(Least + (i * step), 12))];
    }

    /// <summary>The least number on the axis.</summary>
    public double Least { get; }

    /// <summary>The greatest number on the axis.</summary>
    public double Greatest { get; }

    /// <summary>The numbers that are written beside the axis, ascending.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Place of a number.</summary>
    public double At(double value) => start + ((end - start) * (logarithmic
        ? Math.Log(value / Least) / Math.Log(Greatest / Least)
        : (value - Least) / (Greatest - Least)));

    /// <summary>A number as it is written beside the axis.</summary>
    public static string Text(double value) => Math.Abs(value) >= 1000 ? value.ToString("#,0.###", CultureInfo.InvariantCulture) : value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>The round number (1, 2, 2.5 or 5 times a power of ten) next above a distance.</summary>
    private static double Step(double distance, bool whole)
    {
        distance = whole ? Math.Max(1, distance) : distance;
        var power = Math.Pow(10, Math.Floor(Math.Log10(distance)));
        return Steps.First(step => step * power >= distance * (1 - 1e-9) && !(whole && double.IsOddInteger(2 * step * power))) * power;
    }

    private static IEnumerable<double> Decades(double least, double greatest)
    {
        for (var exponent = (int)Math.Floor(Math.Log10(least)); Math.Pow(10, exponent) <= greatest; exponent++)
        {
            foreach (var lead in Leads)
            {
                var value = double.Parse($"{lead}e{exponent}", CultureInfo.InvariantCulture);
                if (value >= least && value <= greatest)
                {
                    yield return value;
                }
            }
        }
    }
}
