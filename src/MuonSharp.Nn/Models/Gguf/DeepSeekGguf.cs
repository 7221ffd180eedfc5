using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>llama.cpp's <c>deepseek2</c>: keys and values that are made of the latent lie apart by head, the keys' part the other way round.</summary>
internal sealed class DeepSeekGguf() : GgufForm(Name)
{
    public const string Name = "deepseek2";

    private const uint SigmoidGate = 2;

    public override ModelFamily Family => ModelFamilies.DeepSeekV3;

    public override IEnumerable<string> Obstacles(LanguageModelConfig config)
    {
        foreach (string obstacle in Common(config))
        {
            yield return obstacle;
        }

        if (config.Activation != Activation.Silu)
        {
            yield return $"llama.cpp computes deepseek2 with silu; the model has {config.Activation}";
        }

        if (config.Latent is not { QueryRank: not null, Interleaved: true } || config.Biases)
        {
            yield return "llama.cpp needs a query rank, pairs side by side and no biases of deepseek2; "
                + $"query rank {config.Latent?.QueryRank}, interleaved {config.Latent?.Interleaved}, biases {config.Biases}";
        }

        if (config.Experts is { DenseLayers: 0 })
        {
            yield return "llama.cpp's deepseek2 begins with a layer without experts; the model does not";
        }

        if (config.RotaryScaling is not (null or LinearRotaryScaling or YarnRotaryScaling { WholePairs: true, GivenMagnitude: null })
            || (config.RotaryScaling is YarnRotaryScaling yarn && yarn.FirstScale != yarn.ScaleOfAll))
        {
            yield return "llama.cpp computes deepseek2's yarn with one scale for both of DeepSeek's";
        }
    }

    public override void Describe(LanguageModelConfig config, GgufMetadata metadata)
    {
        LatentAttentionSizes latent = config.Latent!;
        DescribeCommon(config, metadata);
        metadata.Add(Key("attention.head_count_kv"), 1);
        metadata.Add(Key("attention.layer_norm_rms_epsilon"), config.EffectiveEpsilon);
        metadata.Add(Key("attention.q_lora_rank"), (uint)latent.QueryRank!);
        metadata.Add(Key("attention.kv_lora_rank"), (uint)latent.KeyValueRank);
        metadata.Add(Key("attention.key_length"), (uint)(latent.KeyValueRank + latent.RotaryWidth));
        metadata.Add(Key("attention.value_length"), (uint)latent.KeyValueRank);
        metadata.Add(Key("attention.key_length_mla"), (uint)(config.EffectiveHeadWidth + latent.RotaryWidth));
        metadata.Add(Key("attention.value_length_mla"), (uint)latent.ValueWidth);
        metadata.Add(Key("rope.dimension_count"), (uint)latent.RotaryWidth);
        ExpertSizes? experts = config.Experts;
        metadata.Add(Key("leading_dense_block_count"), (uint)(experts?.DenseLayers ?? config.Layers));
        metadata.Add(Key("expert_count"), (uint)(experts?.Experts ?? 0));
        metadata.Add(Key("expert_used_count"), (uint)(experts?.Active ?? 0));
        metadata.Add(Key("expert_shared_count"), (uint)(experts?.Shared ?? 0));
        metadata.Add(Key("expert_feed_forward_length"), (uint)(experts?.HiddenWidth ?? config.EffectiveHiddenWidth));
        metadata.Add(Key("expert_group_count"), (uint)(experts?.Groups ?? 0));
        metadata.Add(Key("expert_group_used_count"), (uint)(experts?.ActiveGroups ?? 0));
        metadata.Add(Key("expert_weights_scale"), (float)(experts?.Scale ?? 1));
        metadata.Add(Key("expert_weights_norm"), experts?.Normalize ?? true);
        metadata.Add(Key("expert_gating_func"), SigmoidGate);
        GgufRotary.Describe(config, metadata, Key("rope."));
    }

    public override LanguageModelConfig Read(GgufMetadata metadata, GgufFile file)
    {
        LanguageModelConfig config = ReadCommon(metadata, file);
        int rotary = metadata.Whole(Key("rope.dimension_count"), 2);
        return GgufRotary.Read(metadata, Key("rope."), config with
        {
            HeadWidth = metadata.Whole(Key("attention.key_length_mla"), rotary + 1) - rotary,
            Normalization = Normalization.RmsNorm,
            NormalizationEpsilon = StoredNumbers.Shortest((float)metadata.Number(Key("attention.layer_norm_rms_epsilon"))),
            Activation = Activation.Silu,
            Gated = true,
            Experts = Experts(metadata, config.Layers),
            Latent = new LatentAttentionSizes
            {
                QueryRank = metadata.Whole(Key("attention.q_lora_rank")),
                KeyValueRank = metadata.Whole(Key("attention.kv_lora_rank")),
                RotaryWidth = rotary,
                ValueWidth = metadata.Whole(Key("attention.value_length_mla")),
            },
        });
    }

    public override TensorMap Map(LanguageModelConfig config, TensorMap own) => own.Select(tensor =>
        tensor.Name.EndsWith(".kv_b_proj.weight", StringComparison.Ordinal) ? Apart(config, tensor)
        : tensor.Name.Contains(".mlp.experts.", StringComparison.Ordinal) ? Together(config, tensor) : [Rename(tensor)]);

    /// <summary>The experts of a layer are one tensor, under the name of the first of them.</summary>
    private static IEnumerable<StoredTensor> Together(LanguageModelConfig config, StoredTensor tensor)
    {
        const string First = ".experts.0.";
        if (tensor.Name.Contains(First, StringComparison.Ordinal))
        {
            int count = config.Experts!.Experts;
            yield return Rename(tensor with
            {
                Name = tensor.Name.Replace(First, ".experts.", StringComparison.Ordinal),
                Shape = [count, .. tensor.Shape],
                View = tensor.View! with { Sizes = [count, .. tensor.View.Sizes], Strides = [tensor.View.Length, .. tensor.View.Strides] },
            });
        }
    }

    private ExpertSizes? Experts(GgufMetadata metadata, int layers)
    {
        if (!metadata.Has(Key("expert_count")) || metadata.Whole(Key("expert_count"), 0) == 0 || metadata.Whole(Key("leading_dense_block_count"), 0) >= layers)
        {
            return null;
        }

        if (metadata.Whole(Key("expert_gating_func"), 0) != SigmoidGate)
        {
            throw metadata.Wrong(Key("expert_gating_func"), $"{SigmoidGate}, the sigmoid");
        }

        return new ExpertSizes
        {
            Experts = metadata.Whole(Key("expert_count")),
            Active = metadata.Whole(Key("expert_used_count")),
            HiddenWidth = metadata.Whole(Key("expert_feed_forward_length")),
            Shared = metadata.Whole(Key("expert_shared_count"), 0),
            DenseLayers = metadata.Whole(Key("leading_dense_block_count"), 0),
            Groups = Or("expert_group_count"),
            ActiveGroups = Or("expert_group_used_count"),
            Normalize = metadata.Flag(Key("expert_weights_norm")),
            Scale = StoredNumbers.Shortest((float)metadata.Number(Key("expert_weights_scale"))),
        };

        int Or(string key) => metadata.Has(Key(key)) ? Math.Max(1, metadata.Whole(Key(key), 0)) : 1;
    }

    private static IEnumerable<StoredTensor> Apart(LanguageModelConfig config, StoredTensor tensor)
    {
        (int heads, int plain, int value, int rank) = (config.Heads, config.EffectiveHeadWidth, config.Latent!.ValueWidth, config.Latent.KeyValueRank);
        long head = (long)(plain + value) * rank;
        string name = Rename(tensor).Name;
        yield return new(name.Replace("attn_kv_b", "attn_k_b", StringComparison.Ordinal), [heads, rank, plain], tensor.View! with { Sizes = [heads, rank, plain], Strides = [head, 1, rank] });
        yield return new(
            name.Replace("attn_kv_b", "attn_v_b", StringComparison.Ordinal), [heads, value, rank],
            tensor.View! with { Offset = tensor.View.Offset + ((long)plain * rank), Sizes = [heads, value, rank], Strides = [head, rank, 1] });
    }
}
