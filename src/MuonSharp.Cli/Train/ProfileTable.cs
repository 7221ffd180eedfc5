using System.Globalization;
using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>A profile as a table.</summary>
internal static class ProfileTable
{
    private static readonly string[] Header = ["phase", "what", "sizes", "calls", "ms", "share", "GFLOP", "MB", "GFLOP/s", "of peak", "GB/s"];

    /// <summary>What the table is about.</summary>
    public static string Headline(TrainingProfile profile, double peak) =>
        $"where a step's {Amount.Milliseconds(profile.StepMilliseconds)} go: mean of {Amount.Count(profile.Steps)} steps, peak {Number(peak, "0")} GFLOP/s";

    /// <summary>Rows of cells, the header first, a sum after each phase of several rows.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(TrainingProfile profile, double peak)
    {
        yield return Aligned(Header);
        foreach (var phase in profile.Rows().GroupBy(row => row.Phase))
        {
            foreach (var row in phase)
            {
                yield return Cells(row, peak);
            }

            if (phase.Count() > 1)
            {
                yield return Cells(new ProfileRow(
                    phase.Key, "all", string.Empty, 1, phase.Sum(row => row.Milliseconds), phase.Sum(row => row.Share), phase.Sum(row => row.Flops), phase.Sum(row => row.Bytes)), peak);
            }
        }
    }

    private static string[] Cells(ProfileRow row, double peak) => Aligned(
    [
        row.Phase,
        row.Name,
        row.Shape,
        Number(row.Calls, "0.#"),
        Number(row.Milliseconds, row.Milliseconds < 10 ? "0.000" : "0.0"),
        $"{Number(100 * row.Share, "0.0")} %",
        row.Flops > 0 ? Number(row.Flops / 1e9, "0.000") : string.Empty,
        row.Bytes > 0 ? Number(row.Bytes / 1e6, "0.0") : string.Empty,
        row.Flops > 0 ? Number(row.Gflops, "0") : string.Empty,
        row.Flops > 0 ? $"{Number(100 * row.Gflops / peak, "0")} %" : string.Empty,
        row.Bytes > 0 ? Number(row.GigabytesPerSecond, "0.0") : string.Empty,
    ]);

    /// <summary>Numbers end where they end in the row above.</summary>
    private static string[] Aligned(string[] cells) => [cells[0], cells[1], cells[2], .. cells.Skip(3).Select(cell => cell.PadLeft(8))];

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
