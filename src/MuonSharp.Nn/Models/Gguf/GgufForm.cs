using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>How models of one architecture of llama.cpp lie in a GGUF file: keys, names of tensors, and what it cannot compute.</summary>
/// <remarks>Sources: llama.cpp, <c>gguf-py/gguf/constants.py</c> for the names, <c>convert_hf_to_gguf.py</c> for what becomes of each tensor.</remarks>
internal abstract class GgufForm(string architecture)
{
    private static readonly (string Ours, string Theirs)[] s_common =
    [
        ("model.embed_tokens", "token_embd"), ("transformer.wte", "token_embd"), ("transformer.wpe", "position_embd"), ("model.norm", "output_norm"), ("transformer.ln_f", "output_norm"), ("lm_head", "output"),
    ];

    private static readonly (string Ours, string Theirs)[] s_inBlock =
    [
        ("input_layernorm", "attn_norm"), ("ln_1", "attn_norm"), ("post_attention_layernorm", "ffn_norm"), ("ln_2", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"), ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"),
        ("attn.c_attn", "attn_qkv"), ("attn.c_proj", "attn_output"), ("mlp.c_fc", "ffn_up"), ("mlp.c_proj", "ffn_down"),
        ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
        ("self_attn.q_a_proj", "attn_q_a"), ("self_attn.q_a_layernorm", "attn_q_a_norm"), ("self_attn.q_b_proj", "attn_q_b"),
        ("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"), ("self_attn.kv_a_layernorm", "attn_kv_a_norm"), ("self_attn.kv_b_proj", "attn_kv_b"),
        ("mlp.gate", "ffn_gate_inp"), ("mlp.experts.gate_proj", "ffn_gate_exps"), ("mlp.experts.up_proj", "ffn_up_exps"), ("mlp.experts.down_proj", "ffn_down_exps"),
        ("mlp.shared_experts.gate_proj", "ffn_gate_shexp"), ("mlp.shared_experts.up_proj", "ffn_up_shexp"), ("mlp.shared_experts.down_proj", "ffn_down_shexp"),
    ];

    /// <summary>The name in <c>general.architecture</c>.</summary>
    public string Architecture => architecture;

    /// <summary>The forms that are known.</summary>
    public static IReadOnlyList<GgufForm> All { get; } = [new Gpt2Gguf(), new LlamaGguf("llama"), new LlamaGguf("arcee"), new LlamaGguf("qwen3"), new DeepSeekGguf()];

    /// <summary>The form of a family; null where llama.cpp has none.</summary>
    public static GgufForm? Of(ModelFamily family) => All.FirstOrDefault(form => form.Family == family);

    /// <summary>The family whose models these are.</summary>
    public abstract ModelFamily Family { get; }

    /// <summary>What llama.cpp would not compute as the model does.</summary>
    public abstract IEnumerable<string> Obstacles(LanguageModelConfig config);

    /// <summary>Writes the keys of a model.</summary>
    public abstract void Describe(LanguageModelConfig config, GgufMetadata metadata);

    /// <summary>Reads the keys of a model.</summary>
    public abstract LanguageModelConfig Read(GgufMetadata metadata, GgufFile file);

    /// <summary>What each tensor of the file is of the parameters, from the map of the family's own files.</summary>
    public abstract TensorMap Map(LanguageModelConfig config, TensorMap own);

    /// <summary>A key of this architecture.</summary>
    protected string Key(string name) => $"{architecture}.{name}";

    /// <summary>A tensor under the name that it has in the file.</summary>
    protected static StoredTensor Rename(StoredTensor tensor)
    {
        const string Correction = ".mlp.gate.e_score_correction_bias";
        if (tensor.Name.EndsWith(Correction, StringComparison.Ordinal))
        {
            return tensor with { Name = $"blk.{tensor.Name[..^Correction.Length].Split('.')[^1]}.exp_probs_b.bias" };
        }

        int dot = tensor.Name.LastIndexOf('.');
        (string stem, string end) = (tensor.Name[..dot], tensor.Name[dot..]);
        string[] parts = stem.Split('.');
        string? found = s_common.FirstOrDefault(pair => pair.Ours == stem).Theirs;
        if (found is null && parts.Length > 3 && parts[1] is "layers" or "h")
        {
            string inner = string.Join('.', parts[3..]);
            found = s_inBlock.FirstOrDefault(pair => pair.Ours == inner).Theirs is { } name ? $"blk.{parts[2]}.{name}" : null;
        }

        return found is null ? throw new ArgumentException($"[gguf] every tensor has a name in the file; '{tensor.Name}' has none") : tensor with { Name = found + end };
    }

    /// <summary>Obstacles that all forms share.</summary>
    protected static IEnumerable<string> Common(LanguageModelConfig config)
    {
        if (Enumerable.Range(0, config.Layers).Any(layer => config.WindowOf(layer) is not null))
        {
            yield return "llama.cpp reads no sliding window of these architectures, and would attend to all tokens";
        }

        if (config.RotaryShare < 1)
        {
            yield return "files of llama.cpp turn whole heads; the model turns a part of each";
        }
    }

    /// <summary>Keys that all forms share.</summary>
    protected void DescribeCommon(LanguageModelConfig config, GgufMetadata metadata)
    {
        metadata.Add(Key("context_length"), (uint)config.Context);
        metadata.Add(Key("embedding_length"), (uint)config.Width);
        metadata.Add(Key("block_count"), (uint)config.Layers);
        metadata.Add(Key("feed_forward_length"), (uint)config.EffectiveHiddenWidth);
        metadata.Add(Key("attention.head_count"), (uint)config.Heads);
        metadata.Add(Key("vocab_size"), (uint)config.Vocabulary);
    }

    /// <summary>The keys that all forms share, read.</summary>
    protected LanguageModelConfig ReadCommon(GgufMetadata metadata, GgufFile file) => new()
    {
        Family = Family,
        Context = metadata.Whole(Key("context_length")),
        Width = metadata.Whole(Key("embedding_length")),
        Layers = metadata.Whole(Key("block_count"), 1, StoredWeights.MostLayers),
        HiddenWidth = metadata.Whole(Key("feed_forward_length")),
        Heads = metadata.Whole(Key("attention.head_count")),
        Vocabulary = file.TryGetShape("token_embd.weight", out System.Collections.Immutable.ImmutableArray<long> shape) && shape.Length == 2
            ? (int)shape[0] : throw metadata.Broken("there must be a tensor 'token_embd.weight' of two axes; there is none"),
        TiedHead = !file.TryGetShape("output.weight", out _),
    };
}

/// <summary>llama.cpp's <c>gpt2</c>: matrices the other way round than in Hugging Face's files.</summary>
internal sealed class Gpt2Gguf() : GgufForm("gpt2")
{
    public override ModelFamily Family => ModelFamilies.Gpt2;

    public override IEnumerable<string> Obstacles(LanguageModelConfig config) =>
        config.Activation == Activation.GeluTanh ? Common(config) : Common(config).Append($"llama.cpp computes gpt2 with gelu-tanh; the model has {config.Activation}");

    public override void Describe(LanguageModelConfig config, GgufMetadata metadata)
    {
        DescribeCommon(config, metadata);
        metadata.Add(Key("attention.layer_norm_epsilon"), config.EffectiveEpsilon);
    }

    public override LanguageModelConfig Read(GgufMetadata metadata, GgufFile file) => ReadCommon(metadata, file) with
    {
        Biases = true,
        Activation = Activation.GeluTanh,
        NormalizationEpsilon = StoredNumbers.Shortest((float)metadata.Number(Key("attention.layer_norm_epsilon"))),
    };

    public override TensorMap Map(LanguageModelConfig config, TensorMap own) => own.Select(tensor =>
    {
        bool turned = tensor.Shape.Length == 2 && tensor.Name.Contains(".h.", StringComparison.Ordinal);
        return [Rename(turned ? tensor.Transposed() : tensor)];
    });
}
