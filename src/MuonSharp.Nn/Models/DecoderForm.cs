using System.Collections.Immutable;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A family of decoders: declares its parameters under the family's names and storage, and records its blocks.</summary>
internal abstract class DecoderForm
{
    private readonly List<Parameter> _parameters = [];

    protected DecoderForm(DecoderConfig config) => Config = config;

    public ParameterStoreBuilder Builder { get; } = new();

    /// <summary>The parameters in the order of their declaration.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

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
        var parameter = Builder.Add(name, shape, role, layout);
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
        var weight = Declare($"{name}.weight", shape, ParameterRole.Matrix, layout);
        if (intoResidual)
        {
            IntoResidual.Add(weight);
        }

        return new LinearWeights(weight, bias ? Declare($"{name}.bias", [fanOut], ParameterRole.Bias) : null);
    }

    protected void DeclareHead() => Head = Config.TiedHead
        ? Embedding
        : Declare("lm_head.weight", [Config.Vocabulary, Config.Width], ParameterRole.Head);
}
