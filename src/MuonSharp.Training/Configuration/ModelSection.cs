using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>The decoder to train: keys <c>model.*</c>.</summary>
/// <remarks>What its settings need of each other stands in <see cref="MuonSharp.Nn.LanguageModelConfig"/>.</remarks>
public sealed record ModelSection
{
    /// <summary>Name of the family, one of <see cref="MuonSharp.Nn.ModelFamilies.All"/>. Null: that of <see cref="Positions"/>.</summary>
    public string? Family { get; init; }

    /// <summary>Number of transformer blocks, 1 or more.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Number of tokens that the model knows, at least the tokenizer's; further rows of the tables stand for no token. Null: the tokenizer's number.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>Number of attention heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Number of key and value heads; divides <see cref="Heads"/>. Null: as many as heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Width of a head. Null: <see cref="Width"/> over <see cref="Heads"/>, which then divides it.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Number of tokens the model sees at once.</summary>
    public int Context { get; init; } = 64;

    /// <summary>Width between the feed-forward matrices. Null: four times <see cref="Width"/> (8/3 of it for <c>swiglu</c>).</summary>
    public int? HiddenWidth { get; init; }

    /// <summary><c>layer-norm</c> or <c>rms-norm</c>.</summary>
    public string Normalization { get; init; } = "layer-norm";

    /// <summary>Epsilon of the normalizations. Null: 1e-5 for <c>layer-norm</c>, 1e-6 for <c>rms-norm</c>.</summary>
    public double? Epsilon { get; init; }

    /// <summary><c>gelu</c> (the exact one), <c>gelu-tanh</c>, <c>relu-squared</c> or, with rotary positions, <c>swiglu</c>.</summary>
    public string Activation { get; init; } = "gelu";

    /// <summary><c>learned</c> or <c>rotary</c>.</summary>
    public string Positions { get; init; } = "learned";

    /// <summary>Base of the rotary frequencies, above 1.</summary>
    public double RotaryBase { get; init; } = 10000;

    /// <summary>Share of a head's columns that rotary positions turn, above 0 up to 1.</summary>
    public double RotaryShare { get; init; } = 1;

    /// <summary>How the rotary frequencies are changed to reach further.</summary>
    public RotaryScalingSection RotaryScaling { get; init; } = new();

    /// <summary>Sizes of latent attention.</summary>
    public LatentSection Latent { get; init; } = new();

    /// <summary>Mixtures of experts.</summary>
    public ExpertSection Experts { get; init; } = new();

    /// <summary>Whether the head shares the token embedding's weights.</summary>
    public bool TiedHead { get; init; } = true;

    /// <summary>Whether linear layers and norms have biases.</summary>
    public bool Biases { get; init; }

    /// <summary>Whether the feed-forward blocks of the llama family have biases too.</summary>
    public bool FeedForwardBiases { get; init; }

    /// <summary>Whether queries and keys are normalized by head before the rotation; rotary positions only.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Probability of dropping an activation in training, from 0 up to but not including 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Attention looks back at most this many positions, the own one included. Null: as far as the context.</summary>
    public int? Window { get; init; }

    /// <summary>A window for each layer, numbers with commas between, 0 for a layer without. Null: <see cref="Window"/> for each.</summary>
    public string? WindowsByLayer { get; init; }

    /// <summary>Standard deviation of initial weights, 0 or more; projections back into the residual stream have it divided by √(2·layers).</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <summary>Numbers of the tokens that end a text, with commas between. Null: the tokenizer's own, if it has one.</summary>
    public string? EndOfText { get; init; }

    /// <summary>Whether projections back into the residual stream, and a head of its own, begin at zero instead.</summary>
    public bool ZeroProjections { get; init; }

    /// <summary>Soft cap of the logits z, which become cap·tanh(z / cap), above 0. Null: none.</summary>
    public double? LogitCap { get; init; }

    internal static IReadOnlyList<ConfigKey> Keys { get; } =
    [
        .. Describe(new("model.", c => c.Model, (c, s) => c with { Model = s }, ImageSection.IsOff)),
        .. RotaryScalingSection.Keys,
        .. LatentSection.Keys,
        .. ExpertSection.Keys,
    ];

    /// <summary>Adds a problem when family and positions are not each other's.</summary>
    internal void Check(List<string> problems)
    {
        if (LanguageModelConfigs.PositionsOf(Family) is { } positions && positions != Positions)
        {
            problems.Add($"[config] model.positions must be {positions}, or not set, with model.family={Family}; '{Positions}' came");
        }

        if (WindowsByLayer is not null && LanguageModelConfigs.Windows(WindowsByLayer) is null)
        {
            problems.Add($"[config] model.windowsByLayer must be whole numbers of 0 or more with commas between, or null; '{WindowsByLayer}' came");
        }

        if (EndOfText is not null && !EndTokens.TryParse(EndOfText, out _))
        {
            problems.Add($"[config] model.endOfText must be whole numbers of 0 or more with commas between, or null; '{EndOfText}' came");
        }
    }

    private static ConfigKey[] Describe(ConfigSection<ModelSection> section) =>
    [
        section.Key("family", OptionalChoice(LanguageModelConfigs.Families, "that of `model.positions`"), m => m.Family, (m, v) => m with { Family = v },
            "whose layers and names of weights; brings its positions, where none are set, and `qwen3` its norms of queries and keys"),
        section.Key("layers", Whole(1, 1000), m => m.Layers, (m, v) => m with { Layers = v }, "transformer blocks", also: "depth nLayer nLayers numLayers blocks"),
        section.Key("vocabulary", OrZero(Whole(1), "the tokenizer's number"), m => m.Vocabulary, (m, v) => m with { Vocabulary = v },
            "tokens that the model knows, at least the tokenizer's; those beyond it stand for nothing and are never drawn", unit: "tokens", also: "vocab vocabSize"),
        section.Key("heads", Whole(1, 1000), m => m.Heads, (m, v) => m with { Heads = v }, "attention heads; divides the width, unless `model.headWidth` is set", also: "nHead nHeads numHeads"),
        section.Key("keyValueHeads", OrZero(Whole(1, 1000), "as many as heads"), m => m.KeyValueHeads, (m, v) => m with { KeyValueHeads = v },
            "key and value heads; divides the heads", also: "kvHeads nKvHeads numKvHeads"),
        section.Key("headWidth", OrZero(Whole(1, 65536), "the width over the heads"), m => m.HeadWidth, (m, v) => m with { HeadWidth = v }, "width of a head"),
        section.Key("width", Whole(1, 65536), m => m.Width, (m, v) => m with { Width = v }, "width of the residual stream", also: "dim dModel nEmbd hiddenSize embeddingSize"),
        section.Key("context", Whole(1, 1048576), m => m.Context, (m, v) => m with { Context = v }, "tokens that the model sees at once", unit: "tokens", also: "blockSize seqLen seqLength sequenceLength contextLength contextSize maxSeqLen"),
        section.Key("hiddenWidth", OrZero(Whole(1, 1048576), "four times the width (8/3 of it for `swiglu`)"), m => m.HiddenWidth, (m, v) => m with { HiddenWidth = v },
            "width between the feed-forward matrices", also: "mlpWidth dFf intermediateSize ffn"),
        section.Key("normalization", Choice(LanguageModelConfigs.Normalizations), m => m.Normalization, (m, v) => m with { Normalization = v }, "normalization before each sublayer"),
        section.Key("epsilon", OrNull(Positive, "1e-5 with `layer-norm`, 1e-6 with `rms-norm`"), m => m.Epsilon, (m, v) => m with { Epsilon = v },
            "added to the mean square in every normalization"),
        section.Key("activation", Choice(LanguageModelConfigs.Activations), m => m.Activation, (m, v) => m with { Activation = v },
            "nonlinearity of the feed-forward block; `gelu` is the exact one; those that end with `glu` have a gate and need rotary positions"),
        section.Key("positions", Choice(LanguageModelConfigs.PositionKinds), m => m.Positions, (m, v) => m with { Positions = v },
            "how the model knows where a token stands, and with it the family where none is set: `gpt2` with `learned`, `llama` with `rotary`"),
        section.Key("rotaryBase", Number("a number above 1", v => v > 1), m => m.RotaryBase, (m, v) => m with { RotaryBase = v }, "base of the rotary frequencies",
            usedWhen: new("model.positions", c => c.Model.Positions == "rotary"), also: "ropeBase ropeTheta"),
        section.Key("rotaryShare", Number("a number above 0 and at most 1", v => v is > 0 and <= 1), m => m.RotaryShare, (m, v) => m with { RotaryShare = v }, "share of a head's columns that rotary positions turn",
            usedWhen: new("model.positions", c => c.Model.Positions == "rotary"), also: "partialRotaryFactor"),
        section.Key("tiedHead", Flag, m => m.TiedHead, (m, v) => m with { TiedHead = v }, "whether the head shares the token embedding's weights"),
        section.Key("biases", Flag, m => m.Biases, (m, v) => m with { Biases = v }, "whether linear layers and norms have biases"),
        section.Key("feedForwardBiases", Flag, m => m.FeedForwardBiases, (m, v) => m with { FeedForwardBiases = v },
            "whether the feed-forward blocks of a family whose `model.biases` are the attention's have biases too", also: "mlpBias"),
        section.Key("queryKeyNorm", Flag, m => m.QueryKeyNorm, (m, v) => m with { QueryKeyNorm = v },
            "whether queries and keys are normalized by head before the rotation; rotary positions only"),
        section.Key("dropout", BelowOne, m => m.Dropout, (m, v) => m with { Dropout = v }, "probability of dropping an activation in training"),
        section.Key("window", OrZero(Whole(1), "as far as the context"), m => m.Window, (m, v) => m with { Window = v },
            "attention looks back at most this many positions, its own included", unit: "tokens"),
        section.Key("windowsByLayer", OptionalText, m => m.WindowsByLayer, (m, v) => m with { WindowsByLayer = v },
            "a window for each layer instead, whole numbers with commas between such as `128,0,128,0`; 0: as far as the context", also: "slidingWindow layerTypes"),
        section.Key("initialDeviation", NonNegative, m => m.InitialDeviation, (m, v) => m with { InitialDeviation = v },
            "standard deviation of initial weights; projections back into the residual stream have it divided by √(2·layers)", also: "initStd initializerRange"),
        section.Key("endOfText", OptionalText, m => m.EndOfText, (m, v) => m with { EndOfText = v },
            "numbers of the tokens that end a generated text, with commas between; null: the tokenizer's own, if it has one", free: true, also: "eosTokenId eos"),
        section.Key("zeroProjections", Flag, m => m.ZeroProjections, (m, v) => m with { ZeroProjections = v },
            "whether projections back into the residual stream, and a head that is not tied, begin at zero instead", also: "zeroInit"),
        section.Key("logitCap", OrNull(Positive, "none"), m => m.LogitCap, (m, v) => m with { LogitCap = v },
            "soft cap of the head's logits z, which become cap·tanh(z / cap)", also: "softcap logitSoftcap finalLogitSoftcapping"),
    ];
}
