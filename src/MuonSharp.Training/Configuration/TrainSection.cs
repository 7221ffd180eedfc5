using MuonSharp.Formats;
using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>Length, batch and seed of a run: keys <c>train.*</c>.</summary>
public sealed record TrainSection
{
    /// <summary>Number of optimizer steps.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Evaluations without a better one after which the run ends early. Null: never.</summary>
    public int? StopAfter { get; init; }

    /// <summary>Samples (sequences of the context's length) in a micro-batch.</summary>
    public int Batch { get; init; } = 12;

    /// <summary>Micro-batches whose gradients are averaged for one step.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Equal parts of each micro-batch, each a micro-batch of its own: as many ranks at most may share the work, and the bits are those of the parts, whoever computes them.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Samples that are computed at once.</summary>
    public int MicroBatch => Batch / Shards;

    /// <summary>How often a step computes as many.</summary>
    public int MicroBatches => Accumulation * Shards;

    /// <summary>Seed of everything random: initial weights, batches, dropout, samples of text.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>Threads that compute. Null: one per core. The number changes no bit of the result.</summary>
    public int? Threads { get; init; }

    /// <summary>Whether the backward run computes each block's activations again instead of keeping them: less memory, more time, the same bits.</summary>
    public bool Recompute { get; init; }

    /// <summary>A run folder (its newest good checkpoint), the folder of a checkpoint, or the file <c>RUN/checkpoints/best</c> that names one, whose weights the run begins with; null: they are drawn.</summary>
    public string? From { get; init; }

    /// <summary>SHA-256 of the file of those weights, in lower-case hexadecimal. Null: any; the run then records which they were.</summary>
    public string? FromSha256 { get; init; }

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("train.", c => c.Train, (c, s) => c with { Train = s }));

    internal void Check(List<string> problems)
    {
        if (Shards < 1 || Batch % Shards != 0)
        {
            problems.Add($"[config] train.batch must be a multiple of train.shards, whose parts are of one size; batch {Batch}, shards {Shards} came");
        }

        if (FromSha256 is { } hash && !IsHash(hash))
        {
            problems.Add($"[config] train.fromSha256 must be 64 hexadecimal digits in lower case, or null; {OneLine.Quote(hash)} came");
        }
    }

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    // More steps extend a run, fewer end it earlier: ResumeRules sees that it is not before what is done.
    private static ConfigKey[] Describe(ConfigSection<TrainSection> section) =>
    [
        section.Key("steps", Whole(1), t => t.Steps, (t, v) => t with { Steps = v }, "optimizer steps", unit: "steps", free: true, also: "epochs epoch iterations iters maxIters maxSteps numSteps trainSteps"),
        section.Key("stopAfter", OrZero(Whole(1), "never"), t => t.StopAfter, (t, v) => t with { StopAfter = v },
            "evaluations without a better one after which the run ends early; its learning rates were those of the whole `train.steps` till then, so a shorter run might end lower",
            unit: "evaluations", free: true, usedWhen: EvaluateSection.IsOn, also: "patience earlyStop earlyStopping"),
        section.Key("batch", Whole(1, 65536), t => t.Batch, (t, v) => t with { Batch = v }, "samples in a micro-batch", unit: "samples", also: "batchSize bs microBatch microBatchSize"),
        section.Key("accumulation", Whole(1, 65536), t => t.Accumulation, (t, v) => t with { Accumulation = v },
            "micro-batches whose gradients are averaged for one step", unit: "micro-batches", also: "gradAccum gradientAccumulation gradientAccumulationSteps accumulate"),
        section.Key("shards", Whole(1, 65536), t => t.Shards, (t, v) => t with { Shards = v },
            "equal parts of each batch, computed by themselves and added in a fixed tree: the greatest number of ranks that may share the work, and what fixes the bits for any number of them; without a number a run over several ranks takes the next power of two; see [distributed](distributed.md)",
            unit: "parts", also: "virtualShards ranks worldSize"),
        section.Key("seed", Unsigned, t => t.Seed, (t, v) => t with { Seed = v }, "seed of everything random", also: "randomSeed"),
        section.Key("threads", OrZero(Whole(1, 1024), "one per core"), t => t.Threads, (t, v) => t with { Threads = v },
            "threads that compute; changes no bit", unit: "threads", free: true, also: "device cpu cpus cores workers numWorkers"),
        section.Key("recompute", Flag, t => t.Recompute, (t, v) => t with { Recompute = v },
            "whether the backward run computes each block's activations again instead of keeping them: less memory, more time, the same bits; see [memory](authors/memory.md)",
            free: true, also: "gradientCheckpointing checkpointing"),
        section.Key("from", OptionalText, t => t.From, (t, v) => t with { From = v },
            "a run, one of its checkpoints (`RUN/checkpoints/best` is the best), or a stored model (a folder or a GGUF file), whose weights the run begins with; the tokenizer and the model's settings come with them; null: weights are drawn", also: "init initFrom pretrained finetune weights"),
        section.Key("fromSha256", OptionalText, t => t.FromSha256, (t, v) => t with { FromSha256 = v },
            "SHA-256 of the weights that `train.from` must have; null: any, and the run records which they were", usedWhen: new("train.from", c => c.Train.From is not null)),
    ];
}
