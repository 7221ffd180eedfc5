using System.Text.Json.Nodes;

namespace MuonSharp.Nn;

/// <summary>Experts as DeepSeek-V3's files have them: keys of <c>config.json</c>, and a tensor for each expert where the model has stacks.</summary>
internal static class StoredExperts
{
    private const string Stacks = ".experts.";

    /// <summary>The sizes; null where no layer has experts. Keys that then mean nothing count as read.</summary>
    public static ExpertSizes? Read(StoredSettings settings, int layers)
    {
        Need(settings, "scoring_func", "sigmoid");
        Need(settings, "topk_method", "noaux_tc");
        if (settings.Find("moe_layer_freq") is { } frequency && frequency.Integer(1) != 1)
        {
            throw frequency.Wrong("1, experts in every layer behind the first ones");
        }

        int dense = settings.Find("first_k_dense_replace")?.Integer(0) ?? 3;
        ExpertSizes sizes = new()
        {
            Experts = settings.Find("n_routed_experts")?.Integer(1) ?? 256,
            Active = settings.Find("num_experts_per_tok")?.Integer(1) ?? 8,
            HiddenWidth = settings.Find("moe_intermediate_size")?.Integer(1) ?? 2048,
            Shared = settings.Find("n_shared_experts")?.Integer(0) ?? 1,
            DenseLayers = dense,
            Groups = settings.Find("n_group")?.Integer(1) ?? 8,
            ActiveGroups = settings.Find("topk_group")?.Integer(1) ?? 4,
            Normalize = settings.Flag("norm_topk_prob", otherwise: true),
            Scale = settings.Find("routed_scaling_factor")?.Number(-1e6, 1e6) ?? 2.5,
        };
        return dense < layers ? sizes : null;
    }

    public static void Write(LanguageModelConfig config, JsonObject json)
    {
        json["first_k_dense_replace"] = config.Experts?.DenseLayers ?? config.Layers;
        if (config.Experts is not { } experts)
        {
            return;
        }

        json["n_routed_experts"] = experts.Experts;
        json["num_experts_per_tok"] = experts.Active;
        json["moe_intermediate_size"] = experts.HiddenWidth;
        json["n_shared_experts"] = experts.Shared;
        json["n_group"] = experts.Groups;
        json["topk_group"] = experts.ActiveGroups;
        json["norm_topk_prob"] = experts.Normalize;
        json["routed_scaling_factor"] = experts.Scale;
        json["scoring_func"] = "sigmoid";
        json["topk_method"] = "noaux_tc";
        json["moe_layer_freq"] = 1;
    }

    /// <summary>A stack as the tensors of its experts: <c>mlp.experts.up_proj.weight</c> is <c>mlp.experts.0.up_proj.weight</c> and so on.</summary>
    public static IEnumerable<StoredTensor> Apart(StoredTensor tensor)
    {
        int at = tensor.Name.IndexOf(Stacks, StringComparison.Ordinal);
        return at < 0 ? [tensor] : StoredTensor.Apart(expert => $"{tensor.Name[..(at + Stacks.Length)]}{expert}.{tensor.Name[(at + Stacks.Length)..]}", tensor);
    }

    private static void Need(StoredSettings settings, string key, string value)
    {
        if (settings.Find(key) is { } entry && !(entry.TryText(out string text) && text == value))
        {
            throw entry.Wrong($"{value}, the only one that can be computed here");
        }
    }
}
