using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>What a trainer is about to do, with every derived number: the material of a banner.</summary>
public sealed record TrainerDescription
{
    /// <summary>Path of the text, or the embedded corpus's name.</summary>
    public required string Data { get; init; }

    /// <summary>Kind of the tokenizer.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>Number of distinct tokens.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Number of tokens that the model knows: the same, or <c>model.vocabulary</c>.</summary>
    public required int ModelVocabulary { get; init; }

    /// <summary>The model, with everything that follows from its settings.</summary>
    public required DecoderConfig Model { get; init; }

    /// <summary>Tokens to train on.</summary>
    public required long TrainingTokens { get; init; }

    /// <summary>Tokens held out.</summary>
    public required long ValidationTokens { get; init; }

    /// <summary>Tokens of a step.</summary>
    public required long TokensPerStep { get; init; }

    /// <summary>Number of weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>Number of weights of every optimizer, by its name.</summary>
    public required IReadOnlyList<OptimizerShare> Shares { get; init; }

    /// <summary>The greatest share of its peak that a learning rate reaches: below 1 where the run is too short for the schedule's warm-up.</summary>
    public double GreatestRateFactor { get; init; } = 1;

    /// <summary>The routing in words: which parameter goes to which optimizer and why.</summary>
    public required string Plan { get; init; }

    /// <summary>What looks like a mistake and is none by the rules: a learning rate that seems meant in another unit, a key that the optimizer does not use. Usually empty.</summary>
    public required IReadOnlyList<string> Advice { get; init; }

    /// <summary>Native memory of a step.</summary>
    public required PlannedMemory Memory { get; init; }

    /// <summary>Threads that compute.</summary>
    public required int Threads { get; init; }
}
