using MuonSharp.Distributed;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Planning;

public class RankPlanTests
{
    private static readonly RankNetwork s_network = new("test", Latency: 1e-3, BytesPerSecond: 1e6);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)] // of 4 leaves: 0, 1, 2 to 3
    [InlineData(4, 1)]
    [InlineData(5, 2)] // of 8 leaves the second rank has 1 and 2, which are no subtree
    [InlineData(8, 1)]
    public void Bytes_and_seconds_are_those_of_the_formula(int ranks, int subtrees)
    {
        TrainingPlan plan = TrainingPlan.Of(Small());
        RankPlan shared = RankPlan.Of(plan, ranks, s_network, flopsPerSecond: 1e9);
        long bytes = 4 * plan.Parameters * (ranks - 1) / ranks;
        double latency = ranks == 1 ? 0 : 1e-3 * (ranks - 1);
        Assert.Equal((subtrees * bytes, bytes), (shared.ExchangeBytes, shared.GatherBytes));
        Assert.Equal((subtrees * bytes / 1e6) + latency, shared.ExchangeSeconds, 1e-12);
        Assert.Equal((bytes / 1e6) + latency, shared.GatherSeconds, 1e-12);
        Assert.Equal(plan.Step.Total / ranks / 1e9, shared.ModelSeconds, 1e-15);
        Assert.Equal(shared.Ownership.Flops.Max() / 1e9, shared.OptimizerSeconds, 1e-15);
        Assert.Equal(shared.ModelSeconds + shared.OptimizerSeconds + shared.ExchangeSeconds + shared.GatherSeconds, shared.Seconds, 1e-15);

        // Two thirds of a micro-batch's time at most is hidden, and no more than there is.
        double hidden = shared.Seconds - shared.OverlappedSeconds;
        Assert.Equal(Math.Min(shared.ExchangeSeconds, 2 * shared.ModelSeconds / (3 * shared.MicroBatches)), hidden, 1e-12);
    }

    /// <summary>Against what the ranks count while they train: the plan's bytes, and little beside them (losses, norms, what has a gradient).</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Ranks_send_what_the_plan_says(int ranks)
    {
        TrainingConfig config = Small().Set("train.shards", "4").Set("train.steps", "6").Set("train.threads", "1").Set("evaluate.every", "-1").Set("sample.every", "-1").Set("optimizer.schedule.warmup", "2");
        long planned = Math.BigMul(ranks, 1) * (RankPlan.Of(TrainingPlan.Of(config), ranks, s_network, 1e9) is var plan ? plan.ExchangeBytes + plan.GatherBytes : 0);
        long sent = 0;
        ThreadCollectives.Run(ranks, rank =>
        {
            using Trainer trainer = Trainer.Create(config, null, new TrainerOptions { Collectives = rank });
            long before = rank.BytesSent;
            Drain(trainer).GetAwaiter().GetResult();
            _ = Interlocked.Add(ref sent, rank.BytesSent - before);
            rank.Barrier();
        });
        Assert.InRange(sent / 6.0 / planned, 1, 1.1);
    }

    [Fact]
    public void The_state_is_spread_over_the_ranks()
    {
        TrainingPlan plan = TrainingPlan.Of(Small());
        long[] states = [.. new[] { 1, 2, 4 }.Select(ranks => RankPlan.Of(plan, ranks, s_network, 1e9).StateBytes)];
        Assert.InRange(states[1], states[0] / 2, 0.6 * states[0]);
        Assert.InRange(states[2], states[0] / 4, 0.4 * states[0]);
    }

    [Theory]
    [InlineData("10g", 30e-6, 1.1e9)]
    [InlineData("100g", 3e-6, 11e9)]
    [InlineData("5e-6,2.5e9", 5e-6, 2.5e9)]
    [InlineData("0,1", 0, 1)]
    public void A_network_is_a_name_or_two_numbers(string text, double latency, double bytes)
    {
        RankNetwork network = RankNetwork.Parse(text)!;
        Assert.Equal((latency, bytes), (network.Latency, network.BytesPerSecond));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1g")]
    [InlineData("1e-6")]
    [InlineData("1e-6,0")]
    [InlineData("-1,1e9")]
    [InlineData("1e-6,1e9,2")]
    [InlineData("NaN,1e9")]
    public void Anything_else_is_none(string text) => Assert.Null(RankNetwork.Parse(text));

    private static async Task Drain(Trainer trainer)
    {
        await foreach (TrainingEvent happened in trainer.RunAsync())
        {
            Assert.IsNotType<SkippedEvent>(happened);
        }
    }

    private static TrainingConfig Small() => new()
    {
        Model = new() { Layers = 2, Heads = 2, Width = 64, Context = 40, Vocabulary = 100 },
        Train = new() { Batch = 4, Threads = 1 },
    };
}
