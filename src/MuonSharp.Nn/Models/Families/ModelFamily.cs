using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A family of language models: makes the layers of a configuration, under the names and in the storage of the family's checkpoints.</summary>
/// <remarks>A mapping and no model of its own: all families are made of the same layers. One of your own is a class with two methods, and four more for models that others store.</remarks>
public abstract class ModelFamily
{
    /// <summary>Names the family.</summary>
    /// <param name="name">As Hugging Face's <c>model_type</c> has it.</param>
    protected ModelFamily(string name) => Name = name;

    /// <summary>The family's name, as Hugging Face's <c>model_type</c> has it.</summary>
    public string Name { get; }

    /// <summary>The rules of the family that a configuration breaks; those of all models are checked elsewhere.</summary>
    /// <param name="config">Any configuration.</param>
    /// <returns>One sentence a problem, naming the value.</returns>
    public abstract IEnumerable<string> Problems(LanguageModelConfig config);

    /// <summary>Declares the layers of a sound configuration; nothing is allocated.</summary>
    /// <param name="builder">What the layers are declared with.</param>
    /// <param name="config">The configuration.</param>
    /// <returns>The layers.</returns>
    public abstract LanguageNetwork Declare(ModelBuilder builder, LanguageModelConfig config);

    /// <summary>Reads the configuration of a stored model: what the family cannot compute is refused by name.</summary>
    /// <param name="settings">Its <c>config.json</c>.</param>
    /// <returns>The configuration; its rules are checked when a model is made of it.</returns>
    /// <exception cref="InvalidFileException">A setting is missing, wrong, or one that the family cannot compute.</exception>
    public virtual LanguageModelConfig Read(StoredSettings settings) =>
        throw settings["model_type"].Wrong($"a family that can be read; {Name} has no stored form");

    /// <summary>The family under whose name a model is stored, where that is another one with the same layers and names. Default: this one.</summary>
    /// <param name="config">A sound configuration of this family.</param>
    public virtual ModelFamily StoredAs(LanguageModelConfig config) => this;

    /// <summary>What of a configuration the family's <c>config.json</c> cannot say.</summary>
    /// <param name="config">A sound configuration of the family, or of one that is <see cref="StoredAs"/> this.</param>
    /// <returns>One sentence an obstacle, naming the value; empty where <see cref="Write"/> can write it.</returns>
    public virtual IEnumerable<string> Obstacles(LanguageModelConfig config) => [$"the family {Name} has no stored form"];

    /// <summary>Writes the <c>config.json</c> of a model, as the transformers library reads it.</summary>
    /// <param name="config">A sound configuration without <see cref="Obstacles"/>.</param>
    /// <returns>The file's content.</returns>
    public virtual JsonObject Write(LanguageModelConfig config) => throw new NotSupportedException($"[model] the family {Name} has no stored form");

    /// <summary>What each tensor of a stored model is of the parameters.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="parameters">The parameters that <see cref="Declare"/> has declared.</param>
    /// <param name="buffers">The buffers that it has declared.</param>
    public virtual TensorMap Map(LanguageModelConfig config, IReadOnlyList<Parameter> parameters, IReadOnlyList<ModelBuffer> buffers) =>
        TensorMap.Identity(parameters, buffers);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The norm of a configuration.</summary>
    /// <param name="builder">Scope of the norm.</param>
    /// <param name="name">Its name.</param>
    /// <param name="config">The configuration.</param>
    protected static ILayer Norm(ModelBuilder builder, string name, LanguageModelConfig config) => config.Normalization == Normalization.LayerNorm
        ? new LayerNorm(builder, name, config.Width, config.Biases, config.EffectiveEpsilon)
        : new RmsNorm(builder, name, config.Width, config.EffectiveEpsilon);

    /// <summary>The attention of a layer: all that a configuration says of it whatever the family, its positions apart.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="layer">Number of the layer, from 0.</param>
    protected static SelfAttentionOptions Attention(LanguageModelConfig config, int layer) => new()
    {
        Width = config.Width,
        Heads = config.Heads,
        KeyValueHeads = config.EffectiveKeyValueHeads,
        HeadWidth = config.EffectiveHeadWidth,
        Window = config.WindowOf(layer),
        Bias = config.Biases,
        Dropout = config.Dropout,
        Initializer = Initializers.Normal(config.InitialDeviation),
        OutputInitializer = IntoResidual(config),
        BiasInitializer = Initializers.Zeros,
    };

    /// <summary>The feed-forward block of a layer.</summary>
    /// <param name="config">The configuration.</param>
    protected static FeedForwardOptions FeedForward(LanguageModelConfig config) => new()
    {
        Width = config.Width,
        Hidden = config.EffectiveHiddenWidth,
        Activation = config.Activation,
        Gated = config.Gated,
        Bias = config.Biases,
        Dropout = config.Dropout,
        Initializer = Initializers.Normal(config.InitialDeviation),
        OutputInitializer = IntoResidual(config),
        BiasInitializer = Initializers.Zeros,
    };

    /// <summary>First values of weights that write into the residual stream: smaller by √(2·layers), as many as add up there; or zero.</summary>
    /// <param name="config">The configuration.</param>
    /// <remarks>Source: A. Radford et al., "Language models are unsupervised multitask learners", 2019, as nanoGPT has it; zeros: modded-nanogpt.</remarks>
    protected static Initializer IntoResidual(LanguageModelConfig config) =>
        config.ZeroProjections ? Initializers.Zeros : Initializers.Normal(config.InitialDeviation / Math.Sqrt(2.0 * config.Layers));

    /// <summary>First values of a head that is not the token embedding.</summary>
    /// <param name="config">The configuration.</param>
    protected static Initializer HeadOf(LanguageModelConfig config) => config.ZeroProjections ? Initializers.Zeros : Initializers.Normal(config.InitialDeviation);
}

/// <summary>The families that the library has.</summary>
public static class ModelFamilies
{
    /// <summary>GPT-2: learned positions, fused QKV, weights stored [in, out]; names as in Hugging Face's GPT2LMHeadModel.</summary>
    public static ModelFamily Gpt2 { get; } = new Gpt2Family();

    /// <summary>llama: rotary positions, separate projections stored [out, in], grouped key-value heads; Hugging Face's names.</summary>
    public static ModelFamily Llama { get; } = new LlamaFamily("llama", "LlamaForCausalLM");

    /// <summary>Arcee: llama without a gate in the feed-forward blocks, and with squared ReLU there.</summary>
    public static ModelFamily Arcee { get; } = new LlamaFamily("arcee", "ArceeForCausalLM", gated: false);

    /// <summary>Qwen3: llama with norms of queries and keys, and windows by layer.</summary>
    public static ModelFamily Qwen3 { get; } = new Qwen3Family();

    /// <summary>DeepSeek-V3: latent attention.</summary>
    public static ModelFamily DeepSeekV3 { get; } = new DeepSeekFamily();

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } = [Gpt2, Llama, Arcee, Qwen3, DeepSeekV3];

    /// <summary>The family of that name.</summary>
    /// <param name="name">A name.</param>
    /// <returns>The family.</returns>
    /// <exception cref="ArgumentException">No family has the name; the message lists those that there are.</exception>
    public static ModelFamily Named(string name) => All.FirstOrDefault(family => string.Equals(family.Name, name, StringComparison.Ordinal))
        ?? throw new ArgumentException($"[model family] the families are {string.Join(", ", All)}; '{name}'");
}
