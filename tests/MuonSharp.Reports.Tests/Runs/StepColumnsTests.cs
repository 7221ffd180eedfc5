using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Reports.Tests;

/// <summary>Runs of any length are held in the same memory.</summary>
public sealed class StepColumnsTests
{
    private const int Long = (5 * StepColumns.Most) + 1000;
    private const int Spike = 77_777;

    [Fact]
    public void A_run_that_fits_has_each_of_its_lines()
    {
        StepColumns columns = new();
        for (int step = 1; step <= 1000; step++)
        {
            columns.Add(Line(step));
        }

        Assert.Equal((1, 1000), (columns.Together, columns.Steps.Count));
        Assert.Same(columns.Losses.Means, columns.Losses.Extremes);
        Assert.Equal(Loss(77), columns.Losses.Means[76]);
    }

    /// <summary>Eight lines are an entry then: sums over all lines and what stands out must be those of the lines.</summary>
    [Fact]
    public void A_very_long_run_keeps_its_means_its_extremes_and_its_end()
    {
        StepColumns columns = new();
        for (int step = 1; step <= Long; step++)
        {
            columns.Add(Line(step));
        }

        columns.Complete();
        Assert.Equal(8, columns.Together);
        int entries = Long / 8;
        Assert.Equal(entries, columns.Steps.Count);
        Assert.Equal((8.0, 16.0, (double)Long), (columns.Steps[0], columns.Steps[1], columns.Steps[^1]));
        Assert.Equal(Long * 0.02, columns.LastSeconds, 1e-3);
        Assert.Equal(Long * 100.0, columns.LastUnits);

        // Of the first eight the third has no loss: its neighbour counts for both.
        Assert.Equal(((((Loss(1) + Loss(2)) / 2) + Loss(4)) / 4) + ((Loss(5) + Loss(6) + Loss(7) + Loss(8)) / 8), columns.Losses.Means[0], 1e-9);
        foreach (int entry in (int[])[1, 4999, Spike / 8, entries - 1])
        {
            double[] lines = [.. Enumerable.Range((8 * entry) + 1, 8).Select(Loss).Where(double.IsFinite)];
            Assert.Equal(lines.Average(), columns.Losses.Means[entry], 1e-9);
            Assert.Equal((lines.Min(), lines.Max()), (columns.Losses.Extremes[2 * entry], columns.Losses.Extremes[(2 * entry) + 1]));
        }

        Assert.Equal(1000, columns.Losses.Extremes.Max());
        Assert.Equal(2 * entries, columns.Losses.Places(columns.Steps).Count);
        Assert.Equal((8.0, 8.0, 16.0), (columns.Losses.Places(columns.Steps)[0], columns.Losses.Places(columns.Steps)[1], columns.Losses.Places(columns.Steps)[2]));

        // A rate is the last of its lines; one that comes late has none before.
        Assert.Equal(["matrices", "late"], columns.Rates.Select(rate => rate.Name));
        Assert.All(columns.Rates, rate => Assert.Equal(entries, rate.Values.Count));
        Assert.Equal((1.0 / 8, 1.0 / Long), (columns.Rates[0].Values[0], columns.Rates[0].Values[^1]));
        Assert.Equal((double.NaN, 0.5), (columns.Rates[1].Values[0], columns.Rates[1].Values[^1]));

        // The greatest head of a layer in a line, and of these the mean; the second layer comes late.
        Assert.Equal([entries, entries], columns.LayerLogits.Select(layer => layer.Means.Count));
        Assert.Equal((3.0, double.NaN, 7.0), (columns.LayerLogits[0].Means[0], columns.LayerLogits[1].Means[0], columns.LayerLogits[1].Means[^1]));
    }

    /// <summary>Independent of how lines are put together: 0.9 of the old mean and a tenth of the new loss, over all lines.</summary>
    [Fact]
    public void The_smoothed_loss_is_of_lines_and_not_of_entries()
    {
        StepColumns columns = new();
        (double sum, double weight) = (0, 0);
        for (int step = 1; step <= StepColumns.Most + 100; step++)
        {
            columns.Add(Line(step));
            (sum, weight) = double.IsFinite(Loss(step)) ? ((0.9 * sum) + (0.1 * Loss(step)), (0.9 * weight) + 0.1) : (sum, weight);
        }

        Assert.Equal(sum / weight, columns.SmoothedLoss, 1e-12);
    }

    [Fact]
    public void Of_any_number_of_samples_some_stay_evenly_spread_with_the_first_and_the_newest()
    {
        SomeSamples<long> samples = new(48);
        for (long step = 100; step <= 1_000_000; step += 100)
        {
            samples.Add(step, -step);
            Assert.Equal((100, step), (samples.All[0].Step, samples.All[^1].Step));
            Assert.InRange(samples.All.Count, Math.Min(step / 100, 24), 48);
        }

        Assert.All(samples.All, each => Assert.Equal(-each.Step, each.Sample));
        long gap = samples.All[1].Step - samples.All[0].Step;
        Assert.All(samples.All.Zip(samples.All.Skip(1)).SkipLast(1), pair => Assert.Equal(gap, pair.Second.Step - pair.First.Step));
        Assert.Equal(samples.All[7].Step, samples.UpTo(samples.All[7].Step + 1).Step);
        Assert.Equal(-1, samples.UpTo(99).Step);
    }

    private static double Loss(int step) => step switch { Spike => 1000, 3 => double.NaN, _ => 1 + (step % 7) + (1.0 / step) };

    private static StepLine Line(int step) => new(step)
    {
        Unit = "tokens",
        Units = step * 100L,
        Loss = Loss(step),
        LearningRates = step > 100_000 ? [new("matrices", 1.0 / step), new("late", 0.5)] : [new("matrices", 1.0 / step)],
        GradientNorm = 1,
        UpdateRms = 0.001,
        StepMilliseconds = 20,
        OptimizerMilliseconds = 2,
        UnitsPerSecond = 5000,
        MaximumLogit = 3,
        ClippedHeads = 0,
        Heads = step > 100_000 ? [Head(0, 3), Head(1, 6), Head(1, 7)] : [Head(0, 2), Head(0, 3)],
    };

    private static HeadClip Head(int layer, float logit) => new(layer, 0, logit, 1, 1, 0);
}
