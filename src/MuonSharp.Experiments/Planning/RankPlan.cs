using System.Globalization;
using MuonSharp.Optimizers;

namespace MuonSharp.Experiments;

/// <summary>A step shared by several ranks, on paper: who owns what, bytes, seconds, memory.</summary>
/// <remarks>
/// <code>
/// T(N) = C / (N F) + max over ranks of its matrices' FLOPs / F + exchange + gather
/// exchange = s (N - 1) / N · 4 P / W + b (N - 1) α       gather = (N - 1) / N · 4 P / W + b (N - 1) α
/// </code>
/// C the model's FLOPs over the whole batch, F a rank's FLOPs a second, P weights, W bytes a second and α seconds a message, b buckets, s the subtrees that a rank sends (1 for powers of two).
/// With overlap, the exchange hides behind the last micro-batch's backward run, at best two thirds of its share of C / (N F); the gather is waited for.
/// </remarks>
public sealed record RankPlan
{
    private RankPlan(TrainingPlan plan, int ranks, RankNetwork network, double flopsPerSecond)
    {
        Ranks = ranks;
        Ownership = Ownership.Of(plan.Routing.Groups, ranks);
        ModelSeconds = plan.Step.Total / ranks / flopsPerSecond;
        OptimizerSeconds = Ownership.Flops.Max() / flopsPerSecond;
        long bytes = sizeof(float) * plan.Parameters * (ranks - 1) / ranks;
        int leaves = Math.Max(plan.Config.Train.MicroBatches, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)ranks));
        int parts = ranks == 1 ? 0 : Enumerable.Range(0, ranks).Max(rank => GradientExchange.PartsOf(leaves, rank, ranks));
        int buckets = GradientExchange.BucketsOf(plan.Parameters, ranks);
        MicroBatches = Math.Max(1, leaves / ranks);
        double latency = ranks == 1 ? 0 : (double)buckets * (ranks - 1) * network.Latency;
        (ExchangeBytes, GatherBytes) = (bytes * parts, bytes);
        ExchangeSeconds = (ExchangeBytes / network.BytesPerSecond) + latency;
        GatherSeconds = (GatherBytes / network.BytesPerSecond) + latency;
        StateBytes = Enumerable.Range(0, ranks).Max(rank => Ownership.StateBytesOf(plan.Routing.Groups, rank));
    }

    /// <summary>Number of ranks.</summary>
    public int Ranks { get; }

    /// <summary>Who owns what.</summary>
    public Ownership Ownership { get; }

    /// <summary>Seconds of a rank's forward and backward runs.</summary>
    public double ModelSeconds { get; }

    /// <summary>Seconds of the matrices of the rank that has most of them.</summary>
    public double OptimizerSeconds { get; }

    /// <summary>Seconds until every owner has the sum of its gradients.</summary>
    public double ExchangeSeconds { get; }

    /// <summary>Seconds until every rank has all weights.</summary>
    public double GatherSeconds { get; }

    /// <summary>Bytes of gradients that a rank sends in a step.</summary>
    public long ExchangeBytes { get; }

    /// <summary>Bytes of weights that a rank sends in a step.</summary>
    public long GatherBytes { get; }

    /// <summary>Bytes of the optimizer's state at the rank that has most.</summary>
    public long StateBytes { get; }

    /// <summary>Seconds of a step, one thing after the other.</summary>
    public double Seconds => ModelSeconds + OptimizerSeconds + ExchangeSeconds + GatherSeconds;

    /// <summary>Micro-batches of a rank: the exchange hides behind the last one.</summary>
    public int MicroBatches { get; }

    /// <summary>Seconds of a step whose exchange hides behind the backward run as far as it can.</summary>
    public double OverlappedSeconds => ModelSeconds + OptimizerSeconds + Math.Max(0, ExchangeSeconds - (2 * ModelSeconds / (3 * MicroBatches))) + GatherSeconds;

    /// <summary>Plans a step on some ranks.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="ranks">Number of ranks, 1 or more.</param>
    /// <param name="network">What joins them.</param>
    /// <param name="flopsPerSecond">What one rank computes in a second.</param>
    public static RankPlan Of(TrainingPlan plan, int ranks, RankNetwork network, double flopsPerSecond) => new(plan, ranks, network, flopsPerSecond);
}

/// <summary>What joins the ranks.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Latency">α, seconds a message.</param>
/// <param name="BytesPerSecond">W, of one rank.</param>
public sealed record RankNetwork(string Name, double Latency, double BytesPerSecond)
{
    /// <summary>Ethernet of 10 Gbit/s.</summary>
    public static RankNetwork TenGigabit { get; } = new("10g", 30e-6, 1.1e9);

    /// <summary>100 Gbit/s with remote direct memory access.</summary>
    public static RankNetwork HundredGigabit { get; } = new("100g", 3e-6, 11e9);

    /// <summary>Ranks on one machine, through its memory.</summary>
    public static RankNetwork SharedMemory { get; } = new("memory", 1.5e-6, 4e9);

    /// <summary>A network by its name or its two numbers.</summary>
    /// <param name="text"><c>10g</c>, <c>100g</c>, <c>memory</c>, or seconds a message and bytes a second with a comma between: <c>30e-6,1.1e9</c>.</param>
    /// <returns>Null where the text is none of these.</returns>
    public static RankNetwork? Parse(string text)
    {
        string[] numbers = text.Split(',');
        return new[] { TenGigabit, HundredGigabit, SharedMemory }.FirstOrDefault(network => network.Name == text)
            ?? (numbers.Length == 2
                && double.TryParse(numbers[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double latency) && latency >= 0 && double.IsFinite(latency)
                && double.TryParse(numbers[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double bytes) && bytes > 0 && double.IsFinite(bytes)
                ? new(text, latency, bytes) : null);
    }
}
