using System.Collections.Immutable;
using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>llama.cpp's <c>llama</c>, <c>arcee</c> and <c>qwen3</c>. The first two turn neighbouring rows of queries and keys, so that theirs are in another order than in Hugging Face's files.</summary>
internal sealed class LlamaGguf(string architecture) : GgufForm(architecture)
{
    public override ModelFamily Family => Architecture switch { "llama" => ModelFamilies.Llama, "arcee" => ModelFamilies.Arcee, _ => ModelFamilies.Qwen3 };

    private bool Pairs => Architecture != "qwen3";

    public override IEnumerable<string> Obstacles(LanguageModelConfig config)
    {
        foreach (string obstacle in Common(config))
        {
            yield return obstacle;
        }

        Activation only = Architecture == "arcee" ? Activation.ReluSquared : Activation.Silu;
        if (config.Activation != only)
        {
            yield return $"llama.cpp computes {Architecture} with {only}; the model has {config.Activation}";
        }

        if (config.RotaryScaling is YarnRotaryScaling yarn && (yarn.FirstScale ?? yarn.ScaleOfAll ?? yarn.GivenMagnitude) is not null || config.RotaryScaling is YarnRotaryScaling { WholePairs: false })
        {
            yield return "llama.cpp computes yarn by its formula and with whole pairs; the model has scales of its own";
        }

        if (Architecture == "qwen3" && config.RotaryScaling is Llama3RotaryScaling)
        {
            yield return "llama.cpp reads llama3's scaling of llama models alone";
        }

        if ((config.Biases || config.FeedForwardBiases) && Architecture != "llama")
        {
            yield return $"llama.cpp reads no biases of {Architecture}";
        }
    }

    public override void Describe(LanguageModelConfig config, GgufMetadata metadata)
    {
        DescribeCommon(config, metadata);
        metadata.Add(Key("attention.head_count_kv"), (uint)config.EffectiveKeyValueHeads);
        metadata.Add(Key("attention.key_length"), (uint)config.EffectiveHeadWidth);
        metadata.Add(Key("attention.value_length"), (uint)config.EffectiveHeadWidth);
        metadata.Add(Key("attention.layer_norm_rms_epsilon"), config.EffectiveEpsilon);
        metadata.Add(Key("rope.dimension_count"), (uint)config.EffectiveHeadWidth);
        GgufRotary.Describe(config, metadata, Key("rope."));
    }

    public override LanguageModelConfig Read(GgufMetadata metadata, GgufFile file)
    {
        LanguageModelConfig config = ReadCommon(metadata, file);
        int heads = config.Heads, width = metadata.Has(Key("attention.key_length")) ? metadata.Whole(Key("attention.key_length")) : config.Width / heads;
        if (metadata.Has(Key("attention.value_length")) && metadata.Whole(Key("attention.value_length")) != width)
        {
            throw metadata.Wrong(Key("attention.value_length"), $"the width of keys, {width}");
        }

        if (metadata.Has(Key("rope.dimension_count")) && metadata.Whole(Key("rope.dimension_count")) != width)
        {
            throw metadata.Wrong(Key("rope.dimension_count"), $"the width of a head, {width}");
        }

        config = GgufRotary.Read(metadata, Key("rope."), config with
        {
            KeyValueHeads = metadata.Has(Key("attention.head_count_kv")) ? metadata.Whole(Key("attention.head_count_kv")) : heads,
            HeadWidth = width,
            Normalization = Normalization.RmsNorm,
            NormalizationEpsilon = StoredNumbers.Shortest((float)metadata.Number(Key("attention.layer_norm_rms_epsilon"))),
            Activation = Architecture == "arcee" ? Activation.ReluSquared : Activation.Silu,
            Gated = Architecture != "arcee",
            QueryKeyNorm = Architecture == "qwen3",
            Biases = file.TryGetShape("blk.0.attn_q.bias", out _),
            FeedForwardBiases = file.TryGetShape("blk.0.ffn_up.bias", out _),
        });
        return GgufRotary.ReadFactors(file, config);
    }

    public override TensorMap Map(LanguageModelConfig config, TensorMap own) => own.Select(tensor =>
    {
        int heads = tensor.Name.Contains(".q_proj.", StringComparison.Ordinal) ? config.Heads : tensor.Name.Contains(".k_proj.", StringComparison.Ordinal) ? config.EffectiveKeyValueHeads : 0;
        return [Rename(Pairs && heads > 0 ? InPairs(tensor, heads, config.EffectiveHeadWidth) : tensor)];
    });

    /// <summary>Row 2j of a head is row j, row 2j + 1 is row j + half.</summary>
    internal static StoredTensor InPairs(StoredTensor tensor, int heads, int headWidth)
    {
        int half = headWidth / 2, columns = tensor.Shape.Length == 2 ? tensor.Shape[1] : 1;
        ImmutableArray<int> sizes = [heads, half, 2, columns];
        ImmutableArray<long> strides = [(long)headWidth * columns, columns, (long)half * columns, 1];
        return tensor with { View = tensor.View! with { Sizes = sizes, Strides = strides } };
    }
}
