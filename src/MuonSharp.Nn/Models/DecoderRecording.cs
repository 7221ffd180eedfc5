using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>What the blocks of a model need while they are recorded on one tape.</summary>
internal sealed class DecoderRecording(Tape tape, DecoderConfig config, ulong seed, int time)
{
    public Tape Tape { get; } = tape;

    public int Time { get; } = time;

    /// <summary>Each block's maximum attention logits, in order.</summary>
    public List<Tensor> MaximumLogits { get; } = [];

    public Tensor Norm(NormWeights weights, Tensor x) => weights.Record(Tape, x, config);

    /// <summary>Attention over [query, key, value] or one fused tensor; notes the maximum logits.</summary>
    public Tensor Attention(params ReadOnlySpan<Tensor> projections)
    {
        var shape = new AttentionShape
        {
            Heads = config.Heads,
            KeyValueHeads = config.EffectiveKeyValueHeads,
            HeadWidth = config.EffectiveHeadWidth,
            Time = Time,
            Window = config.Window,
        };
        var result = projections.Length == 1
            ? Tape.Attention(projections[0], shape)
            : Tape.Attention(projections[0], projections[1], projections[2], shape);
        MaximumLogits.Add(result.MaximumLogits);
        return result.Output;
    }

    /// <summary>residual + dropout(linear(x)); without dropout the sum is the product's epilogue.</summary>
    public Tensor Branch(LinearWeights weights, Tensor x, Tensor residual) => DropsOut
        ? Tape.Add(residual, Dropout(weights.Record(Tape, x), weights.Weight.Name))
        : weights.Record(Tape, x, residual: residual);

    /// <summary>Dropout whose numbers are named after a place in the model.</summary>
    public Tensor Dropout(Tensor x, string place) => DropsOut
        ? Tape.Dropout(x, config.Dropout, new RandomStream(seed, $"dropout/{place}"), Time)
        : x;

    private bool DropsOut => Tape.Training && config.Dropout > 0;
}
