using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MuonSharp.Distributed;
using MuonSharp.Optimizers;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Ranks;

/// <summary>Small runs over several ranks, each on a thread of this process.</summary>
internal static class RankRuns
{
    private static readonly string[] s_small =
    [
        "model.layers=2", "model.heads=2", "model.width=32", "model.context=16", "train.batch=8", "train.shards=8", "train.steps=12", "train.threads=1", "evaluate.every=6", "evaluate.batch=4",
        "sample.every=-1", "optimizer.schedule.warmup=4", "checkpoint.every=6", "log.spectraEvery=4",
    ];

    /// <summary>A small language model on a text in a folder.</summary>
    public static TrainingConfig Config(TemporaryFolder folder, string[] settings)
    {
        string text = folder.Write("text.txt", TestRun.Text);
        TrainingConfigBuilder builder = new();
        builder.UsePreset("nanogpt-cpu");
        foreach (string setting in (string[])[.. s_small, $"data.file={text}", .. settings])
        {
            builder.Set(setting.Split('=')[0], setting.Split('=')[1]);
        }

        return builder.Build();
    }

    /// <summary>Trains in this process alone, and gives the bits of the weights.</summary>
    public static async Task<string> Alone(TrainingConfig config, string? folder)
    {
        using Trainer trainer = Trainer.Create(config, folder);
        await TestRun.Run(trainer);
        return Weights(trainer);
    }

    /// <summary>Trains on ranks; gives each one's bits and steps.</summary>
    public static async Task<(string[] Bits, long[] Steps)> Together(
        int count, Func<ICollectives, Trainer> open, Action<Trainer, TrainingEvent>? after = null, CancellationToken cancellation = default)
    {
        ICollectives[] ranks = ThreadCollectives.Create(count);
        (string Bits, long Step)[] results = await Task.WhenAll(ranks.Select(rank => Task.Factory.StartNew(
            () =>
            {
                try
                {
                    using Trainer trainer = open(rank);
                    Drain(trainer, after, cancellation).GetAwaiter().GetResult();
                    return (Weights(trainer), trainer.Step);
                }
                catch
                {
                    // The others would wait for it.
                    rank.Dispose();
                    throw;
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        return ([.. results.Select(result => result.Bits)], [.. results.Select(result => result.Step)]);
    }

    /// <summary>Bits of the weights and of the buffers that a checkpoint keeps.</summary>
    public static string Weights(Trainer trainer) => Weights(trainer.Parameters);

    /// <inheritdoc cref="Weights(Trainer)"/>
    public static unsafe string Weights(ParameterStore store)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(new ReadOnlySpan<byte>(store.Weights, checked((int)(store.Length * sizeof(float)))));
        foreach (ModelBuffer buffer in store.Buffers.Where(static buffer => buffer.IsSaved))
        {
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(buffer.Values.Span));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A run's metrics but for times, memory and paths.</summary>
    public static string[] Metrics(string run) => [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(static line =>
    {
        JsonObject entry = JsonNode.Parse(line)!.AsObject();
        foreach (string time in (string[])["step_ms", "optimizer_ms", "exchange_ms", "exchange_wait_ms", "gather_ms", "working_set_bytes", "managed_bytes", "path"])
        {
            entry.Remove(time);
        }

        foreach (string speed in entry.Select(static pair => pair.Key).Where(static key => key.EndsWith("_per_second", StringComparison.Ordinal)).ToArray())
        {
            entry.Remove(speed);
        }

        return entry.ToJsonString();
    })];

    private static async Task Drain(Trainer trainer, Action<Trainer, TrainingEvent>? after, CancellationToken cancellation)
    {
        // Only the rank that writes is asked to stop: the others hear of it.
        await foreach (TrainingEvent happened in trainer.RunAsync(trainer.RunFolder is null ? CancellationToken.None : cancellation))
        {
            after?.Invoke(trainer, happened);
        }
    }
}
