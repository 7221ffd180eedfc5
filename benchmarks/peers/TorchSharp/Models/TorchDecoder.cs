using MuonSharp.Nn;
using MuonSharp.Optimizers;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace MuonSharp.Peers;

/// <summary>GPT-2's form in TorchSharp: weights [out, in] as libtorch's linear layers read them, of a model of ours.</summary>
internal sealed class TorchDecoder : IDisposable
{
    private readonly LanguageModelConfig _config;
    private readonly ParameterStore _source;
    private readonly List<Tensor> _all = [];
    private readonly global::TorchSharp.Modules.Embedding? _tokens;
    private readonly Dictionary<string, Tensor> _byName = new(StringComparer.Ordinal);

    /// <summary>Copies the weights.</summary>
    /// <param name="model">A model of GPT-2's family with a tied head.</param>
    /// <param name="trains">Whether gradients will be asked for.</param>
    public TorchDecoder(LanguageModel model, bool trains)
    {
        (_config, _source) = (model.Config, model.Parameters);
        foreach (Parameter parameter in model.Parameters.Parameters)
        {
            Tensor weight = IsTransposed(parameter) ? Weights.Transposed(parameter) : Weights.Of(parameter);
            if (parameter.Role == ParameterRole.Embedding)
            {
                // The layer's backward run adds rows faster than that of an index; the head shares its weight.
                _tokens = nn.Embedding_from_pretrained(weight, freeze: !trains);
                weight = _tokens.weight!;
            }
            else if (trains)
            {
                weight = new global::TorchSharp.Modules.Parameter(weight);
            }

            _all.Add(weight);
            _byName.Add(parameter.Name, weight);
        }

        Tokens = _byName["transformer.wte.weight"];
        Positions = _byName["transformer.wpe.weight"];
        Blocks = [.. Enumerable.Range(0, _config.Layers).Select(Block)];
        FinalNorm = Pair("transformer.ln_f");
    }

    /// <summary>The table of tokens, which is the head too.</summary>
    public Tensor Tokens { get; }

    /// <summary>The table of positions.</summary>
    public Tensor Positions { get; }

    /// <summary>The blocks.</summary>
    public IReadOnlyList<TorchBlock> Blocks { get; }

    /// <summary>The last norm.</summary>
    public TorchPair FinalNorm { get; }

    /// <summary>Heads of each block.</summary>
    public int Heads => _config.Heads;

    /// <summary>Width of the blocks.</summary>
    public int Width => _config.Width;

    /// <summary>All weights, in the order of our model's parameters.</summary>
    public IReadOnlyList<Tensor> Parameters => _all;

    /// <summary>Our model's parameters.</summary>
    public IReadOnlyList<Parameter> Source => _source.Parameters;

    /// <summary>Whether we store a matrix [in, out].</summary>
    public static bool IsTransposed(Parameter parameter) => parameter.Role == ParameterRole.Matrix && parameter.Layout.Orientation == MatrixOrientation.InOut;

    /// <summary>Rows of the table of tokens.</summary>
    public Tensor Embed(Tensor tokens) => _tokens!.forward(tokens);

    /// <summary>LayerNorm.</summary>
    public Tensor Norm(Tensor x, TorchPair norm) => F.layer_norm(x, [Width], norm.Weight, norm.Bias, _config.EffectiveEpsilon);

    /// <summary>GELU as the model has it.</summary>
    public Tensor Activate(Tensor x) => F.gelu(x, _config.Activation == Activation.GeluTanh ? global::TorchSharp.Modules.GELU.Approximate.tanh : global::TorchSharp.Modules.GELU.Approximate.none);

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens?.Dispose();
        _all.ForEach(weight => weight.Dispose());
    }

    private TorchBlock Block(int layer)
    {
        string name = $"transformer.h.{layer}.";
        return new(Pair(name + "ln_1"), Pair(name + "attn.c_attn"), Pair(name + "attn.c_proj"), Pair(name + "ln_2"), Pair(name + "mlp.c_fc"), Pair(name + "mlp.c_proj"));
    }

    private TorchPair Pair(string name) => new(_byName[name + ".weight"], _byName.GetValueOrDefault(name + ".bias"));
}

/// <summary>A layer's weight and bias.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Bias">The bias; null for none.</param>
internal sealed record TorchPair(Tensor Weight, Tensor? Bias);

/// <summary>A block: attention with its norm, feed-forward with its norm.</summary>
internal sealed record TorchBlock(TorchPair AttentionNorm, TorchPair Fused, TorchPair Output, TorchPair FeedForwardNorm, TorchPair Up, TorchPair Down);
