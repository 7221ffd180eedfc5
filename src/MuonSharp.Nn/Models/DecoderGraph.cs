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
        var positions = form.PositionTable is null ? null : tape.Parameter(form.PositionTable);
        var x = tape.Embedding(Inputs, tape.Parameter(form.Embedding), positions, time);
        x = recording.Dropout(x, "embedding");
        for (var layer = 0; layer < config.Layers; layer++)
        {
            x = Block(layer, x);
        }

        Hidden = recording.Norm(form.FinalNorm, x);
        Head = tape.Parameter(form.Head);
        if (!tape.Training)
        {
            tape.Keep(Hidden);
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

    public CrossEntropyLoss Loss { get; }

    /// <summary>Each block's maximum attention logits, in order.</summary>
    public IReadOnlyList<Tensor> MaximumLogits { get; }
}
