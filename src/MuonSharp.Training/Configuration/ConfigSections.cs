using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>The decoder to train: keys <c>model.*</c>.</summary>
public sealed record ModelSettings
{
    /// <summary>Number of transformer blocks, 1 or more.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Number of tokens that the model knows, at least the tokenizer's; further rows of the tables stand for no token. 0: the tokenizer's number.</summary>
    public int Vocabulary { get; init; }

    /// <summary>Number of attention heads; divides <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Number of key and value heads; divides <see cref="Heads"/>. 0: as many as heads.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Number of tokens the model sees at once.</summary>
    public int Context { get; init; } = 64;

    /// <summary>Width between the two feed-forward matrices. 0: four times <see cref="Width"/> (8/3 of it for <c>swiglu</c>).</summary>
    public int HiddenWidth { get; init; }

    /// <summary><c>layer-norm</c> or <c>rms-norm</c>.</summary>
    public string Normalization { get; init; } = "layer-norm";

    /// <summary><c>gelu</c> (the exact one), <c>gelu-tanh</c>, <c>relu-squared</c> or, with rotary positions, <c>swiglu</c>.</summary>
    public string Activation { get; init; } = "gelu";

    /// <summary><c>learned</c> or <c>rotary</c>.</summary>
    public string Positions { get; init; } = "learned";

    /// <summary>Whether the head shares the token embedding's weights.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>Whether linear layers and norms have biases.</summary>
    public bool Biases { get; init; }

    /// <summary>Whether queries and keys are normalized by head before the rotation; rotary positions only.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Probability of dropping an activation in training, from 0 up to but not including 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Attention looks back at most this many positions, the own one included. 0: as far as the context.</summary>
    public int Window { get; init; }
}

/// <summary>Length, batch and seed of a run: keys <c>train.*</c>.</summary>
public sealed record TrainSettings
{
    /// <summary>Number of optimizer steps.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Samples (sequences of the context's length) in a micro-batch.</summary>
    public int Batch { get; init; } = 12;

    /// <summary>Micro-batches whose gradients are averaged for one step.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Seed of everything random: initial weights, batches, dropout, samples of text.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>Threads that compute. 0: one per core. The number changes no bit of the result.</summary>
    public int Threads { get; init; }

    /// <summary>Whether the backward run computes each block's activations again instead of keeping them: less memory, more time, the same bits.</summary>
    public bool Recompute { get; init; }
}

/// <summary>The text to train on: keys <c>data.*</c>.</summary>
public sealed record DataSettings
{
    /// <summary>Path of a UTF-8 text file; null: the embedded corpus (<see cref="EmbeddedCorpus"/>).</summary>
    public string? File { get; init; }

    /// <summary><c>character</c> or <c>byte</c>; see <see cref="TokenizerKinds"/>.</summary>
    public string Tokenizer { get; init; } = "character";

    /// <summary>Share of the tokens, at the end of the text, that is held out for evaluation; above 0, below 1.</summary>
    public double ValidationShare { get; init; } = 0.1;
}

/// <summary>The optimizer of the hidden matrices, and through <see cref="Auxiliary"/> of the rest: keys <c>optimizer.*</c>.</summary>
public sealed record OptimizerSettings
{
    /// <summary><c>muon</c>, <c>normuon</c> (muon with that preset), <c>shampoo</c>, <c>soap</c> (hidden matrices; AdamW takes the rest)
    /// or <c>adamw</c>, <c>sgd</c> with Nesterov's momentum (everything).</summary>
    public string Name { get; init; } = "muon";

    /// <summary>Variant of Muon, <c>default</c> or a published one, one of <see cref="MuonSharp.Optimizers.MuonPresets.ByName"/>: the form of the matrices' update and of AdamW's.</summary>
    /// <remarks>A <see cref="TrainingConfigBuilder"/> that changes it takes the reference's numbers too, where none are set.</remarks>
    public string Preset { get; init; } = "default";

    /// <summary>What makes Muon's direction orthogonal, one of <see cref="MuonSharp.Optimizers.Orthogonalizers.Names"/>; null: the preset's, with
    /// its number of steps and its epsilon.</summary>
    public string? Orthogonalizer { get; init; }

    /// <summary>
    /// Peak learning rate of the hidden matrices. Null: the reference's own (0.02 for <c>muon</c> with its first preset), for <c>adamw</c> and <c>sgd</c>
    /// <see cref="AuxiliarySettings.LearningRate"/>.
    /// </summary>
    public double? LearningRate { get; init; }

    /// <summary>Momentum of the matrices, from 0 up to but not including 1. Read by <c>muon</c>, <c>normuon</c> and <c>sgd</c>.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>Momentum rises linearly from 0.85 to <see cref="Momentum"/> over this many steps; 0: it does not.</summary>
    public int MomentumWarmup { get; init; }

    /// <summary>Decoupled weight decay of the matrices.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest global norm of the raw gradients; larger ones are scaled down to it. 0: no clipping.</summary>
    public double ClipNorm { get; init; }

    /// <summary>AdamW's share: embeddings, positions, head, gains and biases.</summary>
    public AuxiliarySettings Auxiliary { get; init; } = new();

    /// <summary>How all learning rates move between the first step and the last.</summary>
    public ScheduleSettings Schedule { get; init; } = new();

    /// <summary>Learning rate of the hidden matrices in force: <see cref="LearningRate"/>, or the default it stands for.</summary>
    public double EffectiveLearningRate => LearningRate ?? OptimizerKinds.StandardLearningRate(this);
}

/// <summary>AdamW's share of the parameters: keys <c>optimizer.auxiliary.*</c>.</summary>
public sealed record AuxiliarySettings
{
    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 0.003;

    /// <summary>Decay of the first moment, from 0 up to but not including 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, from 0 up to but not including 1.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment; 1.2e-38 (float32's smallest normal number) or more.</summary>
    public double Epsilon { get; init; } = 1e-10;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; }
}

/// <summary>The factor on every learning rate over the run: keys <c>optimizer.schedule.*</c>.</summary>
public sealed record ScheduleSettings
{
    /// <summary><c>constant</c>, <c>linear</c>, <c>cosine</c> or <c>warmup-stable-decay</c>.</summary>
    public string Name { get; init; } = "warmup-stable-decay";

    /// <summary>Steps over which the factor rises linearly from 0 to 1 at the start.</summary>
    public int Warmup { get; init; } = 20;

    /// <summary>Share of the run, at its end, over which <c>warmup-stable-decay</c> falls linearly; from 0 to 1.</summary>
    public double DecayShare { get; init; } = 0.5;

    /// <summary>Factor at the end of the decay, from 0 to 1.</summary>
    public double Floor { get; init; }
}

/// <summary>The clip of queries and keys after the update: keys <c>qkClip.*</c>.</summary>
public sealed record QkClipSettings
{
    /// <summary>
    /// The greatest attention logit that is left alone. 0: no clip. Null: 100, or no clip in a model that normalizes queries and keys with
    /// gains that heads share, where no head can be scaled alone (and where the norm bounds the logits).
    /// </summary>
    public double? Tau { get; init; }

    /// <summary>The bound in force in a model; null when nothing is clipped.</summary>
    /// <param name="model">The model.</param>
    public double? EffectiveTau(ModelSettings model) => Tau is null ? (Fits(model) ? QkClip.DefaultTau : null) : Tau == 0 ? null : Tau;

    /// <summary>Whether the heads of a model can be scaled each by its own factor.</summary>
    internal static bool Fits(ModelSettings model) => !model.QueryKeyNorm || model.Heads == 1;
}

/// <summary>Evaluation on the held-out text: keys <c>evaluate.*</c>.</summary>
public sealed record EvaluateSettings
{
    /// <summary>Steps between evaluations; the last step is always followed by one. -1: never.</summary>
    public int Every { get; init; } = 250;

    /// <summary>Windows evaluated at once: memory and speed, not the result's meaning.</summary>
    public int Batch { get; init; } = 32;
}

/// <summary>Text sampled from the model while it trains: keys <c>sample.*</c>.</summary>
public sealed record SampleSettings
{
    /// <summary>Steps between samples; the last step is always followed by one. -1: never.</summary>
    public int Every { get; init; } = 500;

    /// <summary>Tokens in a sample.</summary>
    public int Tokens { get; init; } = 200;

    /// <summary>Text the sample continues; empty: a line break, or the vocabulary's first token.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Divides the logits; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Only this many likeliest tokens can be drawn. 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability can be drawn; above 0, at most 1.</summary>
    public double TopP { get; init; } = 1;
}

/// <summary>Checkpoints in the run folder: keys <c>checkpoint.*</c>.</summary>
public sealed record CheckpointSettings
{
    /// <summary>Steps between checkpoints; the last step is always followed by one. -1: only then, and when a run is cancelled.</summary>
    public int Every { get; init; } = 250;

    /// <summary>Newest checkpoints kept; older ones are deleted. At least 1; 2 or more allow falling back from a damaged one.</summary>
    public int Keep { get; init; } = 2;
}

/// <summary>The step lines of <c>metrics.jsonl</c>: keys <c>log.*</c>.</summary>
public sealed record LogSettings
{
    /// <summary>Steps between step lines and <see cref="StepEvent"/>s. -1: none.</summary>
    public int Every { get; init; } = 1;
}
