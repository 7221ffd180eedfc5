namespace MuonSharp.Nn.Tests.Reference;

/// <summary>Hugging Face's tensor names of one block, without the endings .weight and .bias.</summary>
internal sealed class ReferenceBlockNames(ReferenceShape shape, int layer)
{
    private readonly string _prefix = shape.Gpt2 ? $"transformer.h.{layer}." : $"model.layers.{layer}.";

    public string AttentionNorm => _prefix + (shape.Gpt2 ? "ln_1" : "input_layernorm");

    public string MlpNorm => _prefix + (shape.Gpt2 ? "ln_2" : "post_attention_layernorm");

    public string Fused => _prefix + "attn.c_attn";

    public string Query => _prefix + "self_attn.q_proj";

    public string Key => _prefix + "self_attn.k_proj";

    public string Value => _prefix + "self_attn.v_proj";

    public string QueryNorm => _prefix + "self_attn.q_norm";

    public string KeyNorm => _prefix + "self_attn.k_norm";

    public string AttentionOutput => _prefix + (shape.Gpt2 ? "attn.c_proj" : "self_attn.o_proj");

    public string Gate => _prefix + "mlp.gate_proj";

    public string Up => _prefix + (shape.Gpt2 ? "mlp.c_fc" : "mlp.up_proj");

    public string Down => _prefix + (shape.Gpt2 ? "mlp.c_proj" : "mlp.down_proj");
}
