using System.Globalization;
using System.Text;

namespace MuonSharp.Peers;

/// <summary>What was measured, as a table of Markdown.</summary>
internal static class PeerTable
{
    /// <summary>The table of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="cases">Its cases.</param>
    /// <param name="options">What the user asked for.</param>
    public static string Of(string group, IReadOnlyList<CaseTimes> cases, PeerOptions options)
    {
        StringBuilder text = new();
        string date = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Add($"{Processor.Name}; {options.Threads} threads{(options.VectorBits is { } bits ? $" and vectors of {bits} bits" : "")} on both sides; TorchSharp {typeof(global::TorchSharp.torch).Assembly.GetName().Version?.ToString(3)}, libtorch 2.10; {date}. "
            + $"Medians of {options.Rounds} alternating round(s), made by `benchmarks/run-torchsharp.sh {group}{(options.VectorBits is { } width ? $" --vector-bits {width}" : "")}`.");
        Add("");
        Add("| work | ours, ms | GFLOP/s | of the peak | TorchSharp, ms | GFLOP/s | of the peak | run as | ratio | rounds |");
        Add("|---|---|---|---|---|---|---|---|---|---|");
        foreach (CaseTimes each in cases)
        {
            string title = $"`{each.Work.Name}` {each.Work.Optimizer}".TrimEnd();
            Add($"| {title} | {Speed(each.OurMilliseconds, each.Flops, each.Peak)} | {Speed(each.TheirMilliseconds, each.TheirFlops, each.Peak)} | {each.Variant} | {Two(each.Ratio)} | "
                + $"{Two(each.Ratios.Min())} to {Two(each.Ratios.Max())} |");
        }

        switch (group)
        {
            case "conv":
                double ours = cases.Sum(each => each.OurMilliseconds * Comparisons.CountOf(each.Work.Name)), theirs = cases.Sum(each => each.TheirMilliseconds * Comparisons.CountOf(each.Work.Name));
                double flops = cases.Sum(each => each.Flops * Comparisons.CountOf(each.Work.Name)), peak = WorkTimer.Median(cases.Select(each => each.Peak));
                Add($"| all six of airbench94 | {Speed(ours, flops, peak)} | {Speed(theirs, flops, peak)} | | {Two(theirs / ours)} | |");
                break;
            case "airbench94":
                CaseTimes step = cases[0];
                double steps = (double)AirbenchRecipe.StepsOfEpoch * AirbenchRecipe.Batch / PeerCase.Batch(step.Work.Name) / 1e3;
                Add("");
                Add($"An epoch of 50,000 images, without data and evaluation: {One(steps * step.OurMilliseconds)} s, TorchSharp {One(steps * step.TheirMilliseconds)} s.");
                break;
        }

        return text.ToString();

        void Add(string line) => text.Append(line).Append('\n');
    }

    /// <summary>A time with three digits.</summary>
    public static string Milliseconds(double value) => value.ToString(value < 1 ? "0.000" : value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private static string Speed(double milliseconds, double flops, double peak) => flops == 0 ? $"{Milliseconds(milliseconds)} | |"
        : string.Create(CultureInfo.InvariantCulture, $"{Milliseconds(milliseconds)} | {flops / milliseconds / 1e6:0.0} | {100 * flops / milliseconds / 1e6 / peak:0} %");

    private static string One(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Two(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
