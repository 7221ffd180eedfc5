using System.Globalization;
using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Bench;

/// <summary>One way to show measurements: to a person, to a program.</summary>
internal interface IBenchView
{
    /// <summary>A peak was measured.</summary>
    void Peak(int threads, int vectorBits, double gflops);

    /// <summary>Cases of a family follow.</summary>
    void Family(BenchFamily family);

    /// <summary>A case was measured.</summary>
    void Result(BenchResult result);
}

/// <summary>Measurements as a table that grows row by row.</summary>
internal sealed class BenchText(Terminal terminal) : IBenchView
{
    private const int NameWidth = 46;

    private bool _peaks;

    /// <inheritdoc/>
    public void Peak(int threads, int vectorBits, double gflops)
    {
        if (!_peaks)
        {
            _peaks = true;
            terminal.Line("peak of the multiply-add units, on registers alone", Style.Strong);
        }

        terminal.Line($"  {$"{threads} {(threads == 1 ? "thread" : "threads")}, {(vectorBits == 0 ? "no vectors" : $"{vectorBits} bits")}".PadRight(NameWidth)}{Number(gflops, "0"),9} GFLOP/s");
    }

    /// <inheritdoc/>
    public void Family(BenchFamily family)
    {
        terminal.Line();
        terminal.Line($"{family.Name}: {family.About}", Style.Strong);
    }

    /// <inheritdoc/>
    public void Result(BenchResult result)
    {
        var cells = new List<string>
        {
            $"  {result.Name.PadRight(NameWidth)}{Amount.Milliseconds(result.Milliseconds),11}",
        };
        if (result.Gflops is { } speed && result.ShareOfPeak is { } share)
        {
            cells.Add($"{Number(speed, speed < 100 ? "0.0" : "0"),6} GFLOP/s  {Percent(share)} of {Number(result.Peak, "0")}");
        }

        if (result.GigabytesPerSecond is { } bandwidth)
        {
            string ofAll = result.ShareOfBandwidth is { } part ? $"  {Percent(part)} of {Number(result.Bandwidth, "0")}" : "";
            cells.Add($"{Number(bandwidth, "0.0"),6} GB/s{ofAll}");
        }

        if (result.TokensPerSecond is { } tokens)
        {
            cells.Add($"{Amount.Short(tokens)} tokens/s");
        }

        if (result.Optimizer is { } optimizer)
        {
            cells.Add($"{optimizer} {Amount.Milliseconds(result.OptimizerMilliseconds!.Value)}");
            cells.Add($"model's forward and backward {Percent(result.ForwardBackwardShareOfPeak!.Value).Trim()} of the peak");
        }

        terminal.Line(string.Join("  ", cells));
    }

    private static string Percent(double share) => $"{Number(100 * share, "0.0"),5} %";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
