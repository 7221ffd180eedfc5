using System.Globalization;

namespace MuonSharp.Reports;

/// <summary>Maps numbers to places between 0 and 1, and chooses the numbers that are written beside it.</summary>
internal sealed class Axis
{
    private const double Margin = 1.2;

    private static readonly double[] s_steps = [1, 2, 2.5, 5, 10];
    private static readonly double[] s_leads = [1, 2, 5];

    /// <summary>An axis over some numbers.</summary>
    /// <param name="least">The least of them; above 0 if <paramref name="logarithmic"/>.</param>
    /// <param name="greatest">The greatest.</param>
    /// <param name="logarithmic">Whether equal ratios are equally far apart.</param>
    /// <param name="marks">How many numbers there is room for.</param>
    /// <param name="whole">Whether only whole numbers are written.</param>
    public Axis(double least, double greatest, bool logarithmic = false, int marks = 6, bool whole = false)
    {
        IsLogarithmic = logarithmic;
        if (logarithmic)
        {
            // A little room beside the outermost points.
            (Least, Greatest) = (least / Margin, greatest * Margin);
            Ticks = [.. Decades(Least, Greatest)];
            return;
        }

        if (greatest - least < 1e-9 * Math.Max(Math.Abs(least), Math.Abs(greatest)) || greatest == least)
        {
            double room = greatest == 0 ? 0.5 : Math.Min(0.5, Math.Abs(greatest) / 2);
            (least, greatest) = (least - room, greatest + room);
        }

        double step = Step((greatest - least) / marks, whole);
        double first = Math.Floor((least / step) + 1e-9), last = Math.Ceiling((greatest / step) - 1e-9);
        (Least, Greatest) = (least, greatest);
        Ticks = [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => Rounded((first + i) * step)).Where(tick => tick >= Least - (1e-9 * step) && tick <= Greatest + (1e-9 * step))];
    }

    /// <summary>Whether equal ratios, not equal differences, are equally far apart.</summary>
    public bool IsLogarithmic { get; }

    /// <summary>The least number on the axis.</summary>
    public double Least { get; }

    /// <summary>The greatest number on the axis.</summary>
    public double Greatest { get; }

    /// <summary>The numbers that are written beside the axis, ascending.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Whether numbers are spaced by ratios rather than by differences: all above 0, and their ratios differ less from each other than their differences do; of two, where one is at least twice the other.</summary>
    /// <param name="values">The numbers, ascending and different.</param>
    public static bool IsGeometric(IReadOnlyList<double> values)
    {
        if (values.Count < 2 || values[0] <= 0)
        {
            return false;
        }

        double[] ratios = [.. values.Skip(1).Zip(values, (next, value) => Math.Log(next / value))], differences = [.. values.Skip(1).Zip(values, (next, value) => next - value)];
        return values.Count == 2 ? values[1] >= 2 * values[0] : ratios.Max() / ratios.Min() < differences.Max() / differences.Min();
    }

    /// <summary>Place of a number: 0 at the least of the axis, 1 at its greatest.</summary>
    public double At(double value) => IsLogarithmic ? (Math.Log(value) - Math.Log(Least)) / (Math.Log(Greatest) - Math.Log(Least)) : (value - Least) / (Greatest - Least);

    /// <summary>A number as it is written beside the axis.</summary>
    public static string Text(double value) => Math.Abs(value) switch
    {
        >= 1e15 => value.ToString("0.###e0", CultureInfo.InvariantCulture),
        >= 1e6 => Amount.Short(value),
        >= 1000 => value.ToString("#,0.###", CultureInfo.InvariantCulture),
        0 or >= 1e-4 => value.ToString("0.######", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###e-0", CultureInfo.InvariantCulture),
    };

    /// <summary>The round number (1, 2, 2.5 or 5 times a power of ten) next above a distance.</summary>
    private static double Step(double distance, bool whole)
    {
        distance = whole ? Math.Max(1, distance) : distance;
        double power = Math.Pow(10, Math.Floor(Math.Log10(distance)));
        return s_steps.First(step => step * power >= distance * (1 - 1e-9) && !(whole && double.IsOddInteger(2 * step * power))) * power;
    }

    private static double Rounded(double value) => double.Parse(value.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>1, 2 and 5 of each power of ten where those are few, otherwise the powers alone or some of them.</summary>
    private static IEnumerable<double> Decades(double least, double greatest)
    {
        double decades = Math.Log10(greatest) - Math.Log10(least);
        double[] leads = decades <= 2.5 ? s_leads : s_leads[..1];
        int stride = Math.Max(1, (int)Math.Ceiling(decades / 8));
        for (int exponent = (int)Math.Floor(Math.Log10(least)); Math.Pow(10, exponent) <= greatest; exponent++)
        {
            foreach (double lead in exponent % stride == 0 ? leads : [])
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
