using System.Collections.Immutable;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A family of decoders: declares its parameters under the family's names and storage, and records its blocks.</summary>
internal abstract class DecoderForm
{
    private readonly List<Parameter> _parameters = [];
    private readonly List<AttentionHeads> _attention = [];

    protected DecoderForm(DecoderConfig config) => Config = config;

    public ParameterStoreBuilder Builder { get; } = new();

    /// <summary>The parameters in the order of their declaration.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>What makes the logits of each block's heads, in order.</summary>
    public IReadOnlyList<AttentionHeads> Attention => _attention;

    /// <summary>The projections that write into the residual stream; they start smaller.</summary>
    public HashSet<Parameter> IntoResidual { get; } = [];

    public Parameter Embedding { get; protected set; } = null!;

    public Parameter? PositionTable { get; protected set; }

    public NormWeights FinalNorm { get; protected set; } = null!;

    /// <summary>The head, [vocabulary, width]; the embedding itself when tied.</summary>
    public Parameter Head { get; protected set; } = null!;

    protected DecoderConfig Config { get; }

    /// <summary>Declares the parameters of a sound configuration; nothing is allocated.</summary>
    public static DecoderForm Create(DecoderConfig config) => config.Positions == Positions.Learned ? new Gpt2Form(config) : new LlamaForm(config);

    /// <summary>Records one block: x plus its attention, plus its feed-forward.</summary>
    public abstract Tensor RecordBlock(DecoderRecording recording, int layer, Tensor x);

    protected Parameter Declare(string name, ImmutableArray<int> shape, ParameterRole role, MatrixLayout? layout = null)
    {
        Parameter parameter = Builder.Add(name, shape, role, layout);
        _parameters.Add(parameter);
        return parameter;
    }

    protected NormWeights DeclareNorm(string name) => new(
        Declare($"{name}.weight", [Config.Width], ParameterRole.Gain),
        Config.Biases && Config.Normalization == Normalization.LayerNorm ? Declare($"{name}.bias", [Config.Width], ParameterRole.Bias) : null);

    protected LinearWeights DeclareLinear(
        string name, int fanIn, int fanOut, MatrixLayout layout, bool bias, bool intoResidual = false)
    {
        ImmutableArray<int> shape = layout.Orientation == MatrixOrientation.OutIn ? [fanOut, fanIn] : [fanIn, fanOut];
        Parameter weight = Declare($"{name}.weight", shape, ParameterRole.Matrix, layout);
        if (intoResidual)
        {
            IntoResidual.Add(weight);
        }

        return new LinearWeights(weight, bias ? Declare($"{name}.bias", [fanOut], ParameterRole.Bias) : null);
    }

    /// <summary>Declares what makes the logits of a block whose heads lie in the parts "query" and "key" of its projections.</summary>
    protected void DeclareAttention(string name, LinearWeights query, LinearWeights key)
    {
        List<HeadSlice> slices = [];
        foreach ((LinearWeights? weights, string? part, HeadSide side) in new[] { (query, "query", HeadSide.Query), (key, "key", HeadSide.Key) })
        {
            slices.Add(HeadSlice.OfPart(weights.Weight, weights.Weight.Layout, part, side));
            if (weights.Bias is not null)
            {
                slices.Add(HeadSlice.OfPart(weights.Bias, weights.Weight.Layout, part, side));
            }
        }

        _attention.Add(new AttentionHeads(name, Config.Heads, Config.EffectiveKeyValueHeads, slices));
    }

    /// <summary>Declares what makes the logits of a block that normalizes its queries and keys by head.</summary>
    protected void DeclareNormalizedAttention(string name, Parameter queryGain, Parameter keyGain) => _attention.Add(AttentionHeads.Normalized(
        name, Config.Heads, Config.EffectiveKeyValueHeads, Config.EffectiveHeadWidth, queryGain, keyGain));

    protected void DeclareHead() => Head = Config.TiedHead
        ? Embedding
        : Declare("lm_head.weight", [Config.Vocabulary, Config.Width], ParameterRole.Head);
}

/// <summary>The parameters of a linear layer.</summary>
internal sealed record LinearWeights(Parameter Weight, Parameter? Bias)
{
    private MatrixOrientation Orientation => Weight.Layout.Orientation;

    public Tensor Record(Tape tape, Tensor x, Activation? activation = null, Tensor? residual = null) =>
        tape.Linear(x, tape.Parameter(Weight), Bias is null ? null : tape.Parameter(Bias), activation, residual, Orientation);
}

/// <summary>The parameters of a normalization.</summary>
internal sealed record NormWeights(Parameter Gain, Parameter? Bias)
{
    public Tensor Record(Tape tape, Tensor x, DecoderConfig config) => config.Normalization == Normalization.LayerNorm
        ? tape.LayerNorm(x, tape.Parameter(Gain), Bias is null ? null : tape.Parameter(Bias), config.EffectiveEpsilon)
        : tape.RmsNorm(x, tape.Parameter(Gain), config.EffectiveEpsilon);
}
