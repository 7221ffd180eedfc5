using System.Collections;
using MuonSharp.Formats;

namespace MuonSharp.Nn;

/// <summary>The keys of an architecture that are known here; others may change what a model computes.</summary>
internal static class GgufKeys
{
    private const string Parts = "split.count";

    private static readonly HashSet<string> s_common = new(
        [
            "context_length", "embedding_length", "block_count", "feed_forward_length", "vocab_size", "tensor_data_layout", "attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length",
            "attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon", "rope.dimension_count", "rope.freq_base", "rope.scaling.type", "rope.scaling.factor", "rope.scaling.original_context_length",
            "rope.scaling.finetuned", "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow", "rope.scaling.yarn_log_multiplier",
        ],
        StringComparer.Ordinal);

    private static readonly HashSet<string> s_ofLatents = new(
        [
            "attention.q_lora_rank", "attention.kv_lora_rank", "attention.key_length_mla", "attention.value_length_mla", "leading_dense_block_count", "expert_count", "expert_used_count", "expert_shared_count",
            "expert_feed_forward_length", "expert_group_count", "expert_group_used_count", "expert_weights_scale", "expert_weights_norm", "expert_gating_func",
        ],
        StringComparer.Ordinal);

    /// <summary>Refuses a file that is a part of a model, and keys that nobody reads; those that are false, 0 or empty say nothing.</summary>
    /// <exception cref="InvalidFileException">There is one; it is named.</exception>
    public static void RefuseUnknown(GgufMetadata metadata, string architecture)
    {
        if (metadata.Has(Parts) && metadata.Whole(Parts, 0) > 1)
        {
            throw metadata.Wrong(Parts, "1: a model in one file");
        }

        string prefix = architecture + ".";
        foreach ((string key, object value) in metadata)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal) && !IsKnown(key[prefix.Length..], architecture) && !IsNothing(value))
            {
                throw metadata.Wrong(key, "known: it is not, and may change what the model computes");
            }
        }
    }

    private static bool IsKnown(string name, string architecture) => s_common.Contains(name) || (architecture == DeepSeekGguf.Name && s_ofLatents.Contains(name));

    private static bool IsNothing(object value) => value switch
    {
        bool flag => !flag,
        string text => text.Length == 0,
        ICollection list => list.Count == 0,
        IConvertible number => number.ToDouble(null) == 0,
        _ => false,
    };
}
