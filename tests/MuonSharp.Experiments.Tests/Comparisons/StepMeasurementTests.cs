using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class StepMeasurementTests
{
    [Fact]
    public void Times_are_those_of_the_clock_and_every_round_has_a_turn_of_each()
    {
        using TemporaryFolder folder = new();
        using StepMeasurement measurement = new(Configs(folder), new() { Rounds = 5, Steps = 10, WarmUp = 1, Enough = TimeSpan.MaxValue }, new() { Time = new CountingClock() });
        List<int> rounds = [];
        IReadOnlyList<StepTiming> timings = measurement.Run(rounds.Add);
        Assert.Equal([1, 2, 3, 4, 5], rounds);
        Assert.Equal(["adamw", "muon"], timings.Select(timing => timing.Label));

        // A step asks for the time at its start, before the optimizer and at its end: two milliseconds, one of them the optimizer's.
        Assert.All(timings, timing => Assert.Equal((2, 1, 1, 0.5), (timing.StepMilliseconds, timing.OptimizerMilliseconds, timing.Ratio, timing.OptimizerShare)));
        Assert.All(timings, timing => Assert.Equal([2, 2, 2, 2, 2], timing.Rounds));
        Assert.All(timings, timing => Assert.Equal(2 * 16 / 0.002, timing.UnitsPerSecond, 6));
    }

    [Fact]
    public void After_three_rounds_no_round_starts_that_would_be_too_late()
    {
        using TemporaryFolder folder = new();
        using StepMeasurement measurement = new(Configs(folder), new() { Rounds = 9, Steps = 2, WarmUp = 0, Enough = TimeSpan.Zero }, new() { Time = new CountingClock() });
        Assert.Equal(3, measurement.Run()[0].Rounds.Count);
    }

    [Fact]
    public void Configurations_that_differ_in_more_than_their_optimizers_are_refused()
    {
        using TemporaryFolder folder = new();
        List<(string, TrainingConfig)> configs = [.. Configs(folder)];
        configs[1] = ("muon", configs[1].Item2 with { Train = configs[1].Item2.Train with { Batch = 3 } });
        Assert.Throws<ArgumentException>(() => new StepMeasurement(configs));
        Assert.Throws<ArgumentException>(() => new StepMeasurement([]));
    }

    [Fact]
    public void It_can_be_stopped()
    {
        using TemporaryFolder folder = new();
        using StepMeasurement measurement = new(Configs(folder), new() { Steps = 1, WarmUp = 0 });
        using CancellationTokenSource source = new();
        int rounds = 0;
        Assert.Throws<OperationCanceledException>(() => measurement.Run(
            round =>
            {
                rounds = round;
                source.Cancel();
            },
            source.Token));
        Assert.Equal(1, rounds);
    }

    private static (string, TrainingConfig)[] Configs(TemporaryFolder folder) =>
        [.. ComparisonPlan.Create(TinyComparison.Options(folder)).Entries.Select(entry => (entry.Label, entry.Config(0.01, 5)))];

    /// <summary>A clock that is a millisecond later every time it is asked.</summary>
    private sealed class CountingClock : TimeProvider
    {
        private long _milliseconds;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _milliseconds++;
    }
}
