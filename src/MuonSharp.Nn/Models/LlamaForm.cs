using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The llama family (with QK-norm: Qwen3's): rotary positions, separate projections stored [out, in], grouped key-value heads, names
/// as in Hugging Face.</summary>
internal sealed class LlamaForm : DecoderForm
{
    private readonly List<Block> _blocks = [];

    public LlamaForm(DecoderConfig config)
        : base(config)
    {
        Embedding = Declare("model.embed_tokens.weight", [config.Vocabulary, config.Width], ParameterRole.Embedding);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            Block block = DeclareBlock($"model.layers.{layer}");
            DeclareAttention($"model.layers.{layer}.self_attn", block);
            _blocks.Add(block);
        }

        FinalNorm = DeclareNorm("model.norm");
        DeclareHead();
    }

    public override Tensor RecordBlock(DecoderRecording recording, int layer, Tensor x)
    {
        (Block? block, Tape? tape) = (_blocks[layer], recording.Tape);
        Tensor normal = recording.Norm(block.AttentionNorm, x);
        Tensor query = Turned(recording, block.Query.Record(tape, normal), block.QueryNorm);
        Tensor key = Turned(recording, block.Key.Record(tape, normal), block.KeyNorm);
        Tensor attention = recording.Attention(query, key, block.Value.Record(tape, normal));
        x = recording.Branch(block.Output, attention, x);
        normal = recording.Norm(block.FeedForwardNorm, x);
        Tensor hidden = block.Gate is null
            ? block.Up.Record(tape, normal, Config.Activation)
            : tape.Gated(block.Gate.Record(tape, normal), block.Up.Record(tape, normal), Config.Activation);
        return recording.Branch(block.Down, hidden, x);
    }

    private Tensor Turned(DecoderRecording recording, Tensor x, Parameter? gain)
    {
        Tensor normal = gain is null ? x : recording.Tape.RmsNorm(x, recording.Tape.Parameter(gain), Config.EffectiveEpsilon);
        return recording.Tape.Rotary(normal, recording.Time, Config.EffectiveHeadWidth, Config.RotaryBase);
    }

    private void DeclareAttention(string name, Block block)
    {
        if (block is { QueryNorm: { } queryGain, KeyNorm: { } keyGain })
        {
            DeclareNormalizedAttention(name, queryGain, keyGain);
        }
        else
        {
            DeclareAttention(name, block.Query, block.Key);
        }
    }

    private Block DeclareBlock(string name)
    {
        string attention = $"{name}.self_attn";
        (int width, int hidden) = (Config.Width, Config.EffectiveHiddenWidth);
        int inner = Config.Heads * Config.EffectiveHeadWidth;
        return new Block(
            DeclareNorm($"{name}.input_layernorm"),
            DeclareHeads($"{attention}.q_proj", "query", Config.Heads),
            DeclareHeads($"{attention}.k_proj", "key", Config.EffectiveKeyValueHeads),
            DeclareHeads($"{attention}.v_proj", "value", Config.EffectiveKeyValueHeads),
            DeclareLinear($"{attention}.o_proj", inner, width, MatrixLayout.OutIn, Config.Biases, intoResidual: true),
            Config.QueryKeyNorm ? Declare($"{attention}.q_norm.weight", [Config.EffectiveHeadWidth], ParameterRole.Gain) : null,
            Config.QueryKeyNorm ? Declare($"{attention}.k_norm.weight", [Config.EffectiveHeadWidth], ParameterRole.Gain) : null,
            DeclareNorm($"{name}.post_attention_layernorm"),
            Config.Gated ? DeclareLinear($"{name}.mlp.gate_proj", width, hidden, MatrixLayout.OutIn, bias: false) : null,
            DeclareLinear($"{name}.mlp.up_proj", width, hidden, MatrixLayout.OutIn, bias: false),
            DeclareLinear($"{name}.mlp.down_proj", hidden, width, MatrixLayout.OutIn, bias: false, intoResidual: true));
    }

    private LinearWeights DeclareHeads(string name, string part, int heads)
    {
        int fanOut = heads * Config.EffectiveHeadWidth;
        return DeclareLinear(name, Config.Width, fanOut, MatrixLayout.OutIn.Split(new MatrixPart(part, fanOut, heads)), Config.Biases);
    }

    private sealed record Block(
        NormWeights AttentionNorm,
        LinearWeights Query,
        LinearWeights Key,
        LinearWeights Value,
        LinearWeights Output,
        Parameter? QueryNorm,
        Parameter? KeyNorm,
        NormWeights FeedForwardNorm,
        LinearWeights? Gate,
        LinearWeights Up,
        LinearWeights Down);
}
