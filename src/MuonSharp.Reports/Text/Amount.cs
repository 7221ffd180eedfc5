using System.Globalization;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>Numbers as people read them.</summary>
internal static class Amount
{
    private const double LargeLoss = 1e4;

    /// <summary>A count with thousands separated: 1,118,181.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count and what is counted: 1 thread, 2 threads, 1,118,181 weights.</summary>
    /// <param name="value">How many.</param>
    /// <param name="one">The name of one of them; of several it ends in an s.</param>
    public static string Of(long value, string one) => $"{Count(value)} {one}{(value == 1 ? string.Empty : "s")}";

    /// <summary>A count in short: 812, 14.3k, 2.1M, 3.27T.</summary>
    public static string Short(double value) => value switch
    {
        >= 1e18 => Text(value / 1e18, "0.##") + "E",
        >= 1e15 => Text(value / 1e15, "0.##") + "P",
        >= 1e12 => Text(value / 1e12, "0.##") + "T",
        >= 1e9 => Text(value / 1e9, "0.##") + "G",
        >= 1e6 => Text(value / 1e6, "0.##") + "M",
        >= 1e4 => Text(value / 1e3, "0.#") + "k",
        _ => Text(value, "0"),
    };

    /// <summary>A share in per cent: 0.73 %, 12.4 %.</summary>
    public static string Percent(double share) => Text(100 * share, share < 0.1 ? "0.##" : "0.#") + " %";

    /// <summary>Memory in binary units: 812 B, 1.5 MiB, 262.8 GiB.</summary>
    public static string Bytes(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return $"{Text(value, "0.#")} {units[unit]}";
    }

    /// <summary>A number with four decimals, as losses are read; one of a run that diverges as any measured number.</summary>
    public static string Loss(double value) => !double.IsFinite(value) ? "not finite" : Math.Abs(value) < LargeLoss ? Text(value, "0.0000") : Measured(value);

    /// <summary>A small number with at most four significant digits.</summary>
    public static string Number(double value) => value.ToString("0.####;-0.####;0", CultureInfo.InvariantCulture) is var plain && (plain != "0" || value == 0)
        ? plain
        : value.ToString("0.###e-0", CultureInfo.InvariantCulture);

    /// <summary>A measured number: as <see cref="Number"/>, and of a large one five significant digits: 206,210, 1.206e19.</summary>
    public static string Measured(double value) => Math.Abs(value) switch
    {
        >= 1e15 => value.ToString("0.###e0", CultureInfo.InvariantCulture),
        >= 1e5 => Text(double.Parse(value.ToString("E4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), "N0"),
        >= 100 => Text(value, value < 1000 ? "0.##" : value < 1e4 ? "#,0.#" : "N0"),
        _ => Number(value),
    };

    /// <summary>A learning rate: three significant digits.</summary>
    public static string Rate(double value) => Digits(value, 3);

    /// <summary>A number with so many significant digits: 1.0852, 2e-5.</summary>
    public static string Digits(double value, int digits) => value.ToString($"G{digits}", CultureInfo.InvariantCulture)
        .Replace("E-0", "e-", StringComparison.Ordinal)
        .Replace("E+0", "e", StringComparison.Ordinal)
        .Replace("E+", "e", StringComparison.Ordinal)
        .Replace('E', 'e');

    /// <summary>A time: 4.2s, 1m 07s, 2h 05m.</summary>
    public static string Time(TimeSpan time)
    {
        if (time.TotalSeconds < 9.95)
        {
            return Text(time.TotalSeconds, "0.0") + "s";
        }

        var rounded = TimeSpan.FromSeconds(Math.Round(time.TotalSeconds));
        return rounded.TotalSeconds switch
        {
            < 60 => $"{rounded.Seconds}s",
            < 3600 => $"{rounded.Minutes}m {rounded.Seconds:00}s",
            _ => $"{(int)rounded.TotalHours}h {rounded.Minutes:00}m",
        };
    }

    /// <summary>A time in seconds, which may be longer than a <see cref="TimeSpan"/> holds: such a one is shown as the longest.</summary>
    public static string Seconds(double value) => Time(TimeSpan.FromSeconds(Math.Min(value, Math.Floor(TimeSpan.MaxValue.TotalSeconds / 2))));

    /// <summary>Milliseconds: 4.21 ms, 132 ms.</summary>
    public static string Milliseconds(double value) => Text(value, value < 10 ? "0.00" : value < 100 ? "0.0" : "0") + " ms";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

/// <summary>The memory of a training step, part by part.</summary>
internal static class MemoryLine
{
    /// <summary>The parts, and the ratio of the whole to what a step cannot do without.</summary>
    public static string Of(PlannedMemory memory) =>
        $"weights {Amount.Bytes(memory.Weights)}, gradients {Amount.Bytes(memory.Gradients)}, optimizer state "
        + $"{Amount.Bytes(memory.OptimizerState)}, activations {Amount.Bytes(memory.NeededActivations)}, overhead {Amount.Bytes(memory.Overhead)}, "
        + $"{Amount.Number(Math.Round(memory.Ratio, 2))} times what is needed";
}
