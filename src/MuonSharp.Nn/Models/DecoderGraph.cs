using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>A decoder recorded on a tape: embedding, blocks, final norm, loss.</summary>
internal sealed class DecoderGraph
{
    /// <summary>Records it; the tape is not compiled yet.</summary>
    /// <remarks>Recomputed blocks keep their input alone for the backward run.</remarks>
    public DecoderGraph(Tape tape, DecoderForm form, DecoderConfig config, ulong seed, int batch, int time, bool recomputesBlocks)
    {
        Inputs = tape.Tokens("inputs", batch * time);
        Targets = tape.Tokens("targets", batch * time);
        var recording = new DecoderRecording(tape, config, seed, time);
        Tensor? positions = form.PositionTable is null ? null : tape.Parameter(form.PositionTable);
        Tensor x = tape.Embedding(Inputs, tape.Parameter(form.Embedding), positions, time);
        x = recording.Dropout(x, "embedding");
        for (int layer = 0; layer < config.Layers; layer++)
        {
            x = Block(layer, x);
        }

        Hidden = recording.Norm(form.FinalNorm, x);
        Head = tape.Parameter(form.Head);
        if (!tape.Training)
        {
            tape.Output(Hidden);
        }

        Loss = tape.CrossEntropy(Hidden, Head, Targets);
        MaximumLogits = recording.MaximumLogits;

        Tensor Block(int layer, Tensor input) => recomputesBlocks
            ? tape.Recomputed(() => form.RecordBlock(recording, layer, input))
            : form.RecordBlock(recording, layer, input);
    }

    public TokenBuffer Inputs { get; }

    public TokenBuffer Targets { get; }

    public Tensor Hidden { get; }

    public Tensor Head { get; }

    public Loss Loss { get; }

    /// <summary>Each block's maximum attention logits, in order.</summary>
    public IReadOnlyList<Tensor> MaximumLogits { get; }
}

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
        AttentionResult result = projections.Length == 1
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
