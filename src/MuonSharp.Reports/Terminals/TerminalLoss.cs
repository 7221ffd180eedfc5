using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Reports;

/// <summary>The losses of a run, drawn with letters.</summary>
internal static class TerminalLoss
{
    private const int Height = 10;
    private const int MostWidth = 100;
    private const int LeastSteps = 5;
    private const int Points = 400;

    /// <summary>Whether standard output shows more than ASCII: its encoding is UTF-8, and no locale says otherwise.</summary>
    public static bool Unicode => Console.OutputEncoding.CodePage == 65001
        && ((string[])["LC_ALL", "LC_CTYPE", "LANG"]).Select(Environment.GetEnvironmentVariable).FirstOrDefault(text => !string.IsNullOrEmpty(text)) is var locale
        && (OperatingSystem.IsWindows() || locale is null || CultureInfo.InvariantCulture.CompareInfo.IndexOf(locale.Replace("-", "", StringComparison.Ordinal), "utf8", CompareOptions.OrdinalIgnoreCase) >= 0);

    /// <summary>The lines of text; none for a run of a few steps, or one that cannot be read.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="width">Letters that a line may have.</param>
    /// <param name="unicode">Whether other letters than those of ASCII can be shown.</param>
    public static IReadOnlyList<string> Of(string folder, int width, bool unicode)
    {
        try
        {
            using RunHistory run = new(folder);
            return Of(run, width, unicode);
        }
        catch (InvalidFileException)
        {
            // The picture is a courtesy; what cannot be read is told by whoever needs it.
            return [];
        }
    }

    /// <summary>The lines of text; none for a run of a few steps.</summary>
    public static IReadOnlyList<string> Of(RunHistory run, int width, bool unicode)
    {
        IReadOnlyList<double> steps = run.Steps.Steps;
        if (steps.Count < LeastSteps)
        {
            return [];
        }

        int[] points = Smoothing.Even(steps.Count, Points);
        int window = RunCharts.Window(run);
        Chart chart = new("loss", "steps", run.Settings.Config switch { null => "as the task measures it", { Image.Network: null } => "nats per token", _ => "nats per image" },
        [
            new("training", "", [.. points.Select(i => steps[i])], [.. points.Select(i => Smoothing.Mean(run.Steps.Losses.Means, i, window))]),
            new("held-out", "", [.. run.Evaluations.Select(line => (double)line.Step)], [.. run.Evaluations.Select(line => line.Numbers[0].Value)], SeriesKind.Dots),
        ])
        {
            Whole = true,
            LogarithmicFrom = RunCharts.LossRatio,
        };
        return TerminalChart.Draw(chart, Math.Min(width, MostWidth), Height, unicode);
    }
}
