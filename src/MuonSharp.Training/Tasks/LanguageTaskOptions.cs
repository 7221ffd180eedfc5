namespace MuonSharp.Training;

/// <summary>How a <see cref="LanguageTask"/> draws, evaluates and samples.</summary>
public sealed record LanguageTaskOptions
{
    /// <summary>Sequences of the context's length in a micro-batch.</summary>
    public int Batch { get; init; } = 12;

    /// <summary>Seed of everything random: initial weights, batches, dropout, samples of text.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>Threads that compute. 0: one per core. The number changes no bit of the result.</summary>
    public int Threads { get; init; }

    /// <summary>Whether the backward run computes each block's activations again instead of keeping them.</summary>
    public bool Recompute { get; init; }

    /// <summary>Where training sequences start; null: anywhere, see <see cref="RandomWindows"/>.</summary>
    public ISequenceSampler? Sampler { get; init; }

    /// <summary>Share of the tokens, at the end of the text, that is held out for evaluation; from 0 up to but not including 1.</summary>
    public double ValidationShare { get; init; } = 0.1;

    /// <summary>Windows evaluated at once: memory and speed, not the result's meaning.</summary>
    public int EvaluationBatch { get; init; } = 32;

    /// <summary>Text that samples continue; empty: a line break, or the vocabulary's first token.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>How samples are drawn; their seed is <see cref="Seed"/>.</summary>
    public GenerationOptions Sample { get; init; } = new() { Tokens = 200 };

    /// <summary>What messages call the text.</summary>
    public string Source { get; init; } = "the text";

    /// <summary>The options that a configuration says.</summary>
    internal static LanguageTaskOptions Of(TrainingConfig config) => new()
    {
        Batch = config.Train.MicroBatch,
        Seed = config.Train.Seed,
        Threads = config.Train.Threads ?? 0,
        Recompute = config.Train.Recompute,
        Sampler = SequenceSamplers.Create(config.Data.Order, config.Train.Seed),
        ValidationShare = config.Data.ValidationShare,
        EvaluationBatch = config.Evaluate.Batch,
        Prompt = config.Sample.Prompt,
        Sample = new GenerationOptions
        {
            Tokens = config.Sample.Tokens,
            Temperature = config.Sample.Temperature,
            TopK = config.Sample.TopK ?? 0,
            TopP = config.Sample.TopP,
            EndOfText = config.Model.EndOfText is null ? null : EndTokens.Of(config.Model, tokenizer: null),
        },
    };
}
