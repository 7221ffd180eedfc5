using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The GPT-2 family: learned positions, fused QKV, weights stored [in, out], names as in Hugging Face's GPT2LMHeadModel.</summary>
internal sealed class Gpt2Form : DecoderForm
{
    private readonly List<Block> _blocks = [];

    public Gpt2Form(DecoderConfig config)
        : base(config)
    {
        Embedding = Declare("transformer.wte.weight", [config.Vocabulary, config.Width], ParameterRole.Embedding);
        PositionTable = Declare("transformer.wpe.weight", [config.Context, config.Width], ParameterRole.Position);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            Block block = DeclareBlock($"transformer.h.{layer}");
            DeclareAttention($"transformer.h.{layer}.attn", block.Attention, block.Attention);
            _blocks.Add(block);
        }

        FinalNorm = DeclareNorm("transformer.ln_f");
        DeclareHead();
    }

    public override Tensor RecordBlock(DecoderRecording recording, int layer, Tensor x)
    {
        Block block = _blocks[layer];
        Tensor fused = block.Attention.Record(recording.Tape, recording.Norm(block.AttentionNorm, x));
        x = recording.Branch(block.Projection, recording.Attention(fused), x);
        Tensor hidden = block.Up.Record(recording.Tape, recording.Norm(block.FeedForwardNorm, x), Config.Activation);
        return recording.Branch(block.Down, hidden, x);
    }

    private Block DeclareBlock(string name)
    {
        (int width, int inner) = (Config.Width, Config.Heads * Config.EffectiveHeadWidth);
        MatrixLayout fused = MatrixLayout.InOut.Split(
            new MatrixPart("query", inner, Config.Heads), new MatrixPart("key", inner, Config.Heads), new MatrixPart("value", inner, Config.Heads));
        return new Block(
            DeclareNorm($"{name}.ln_1"),
            DeclareLinear($"{name}.attn.c_attn", width, 3 * inner, fused, Config.Biases),
            DeclareLinear($"{name}.attn.c_proj", inner, width, MatrixLayout.InOut, Config.Biases, intoResidual: true),
            DeclareNorm($"{name}.ln_2"),
            DeclareLinear($"{name}.mlp.c_fc", width, Config.EffectiveHiddenWidth, MatrixLayout.InOut, Config.Biases),
            DeclareLinear($"{name}.mlp.c_proj", Config.EffectiveHiddenWidth, width, MatrixLayout.InOut, Config.Biases, intoResidual: true));
    }

    private sealed record Block(
        NormWeights AttentionNorm,
        LinearWeights Attention,
        LinearWeights Projection,
        NormWeights FeedForwardNorm,
        LinearWeights Up,
        LinearWeights Down);
}
