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
