using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The layers of a language model: embedding, blocks, a norm, and the head that turns a hidden vector into logits.</summary>
public sealed record LanguageNetwork
{
    /// <summary>A vector for each token.</summary>
    public required Embedding Tokens { get; init; }

    /// <summary>A learned vector for each position; null for none.</summary>
    public Embedding? Positions { get; init; }

    /// <summary>Dropout of the embedded tokens; null for none.</summary>
    public Dropout? Dropout { get; init; }

    /// <summary>The blocks, in order.</summary>
    public required IReadOnlyList<TransformerBlock> Blocks { get; init; }

    /// <summary>The norm behind the last block.</summary>
    public required ILayer FinalNorm { get; init; }

    /// <summary>The head [vocabulary, width]; the token table itself when tied.</summary>
    public required Parameter Head { get; init; }

    /// <summary>Cap of the logits z, which become cap tanh(z / cap); null for none.</summary>
    public double? LogitCap { get; init; }

    /// <summary>Records all but the head.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="tokens">Tokens of sequences, packed ones too.</param>
    /// <param name="recomputesBlocks">Whether a training tape computes each block again in the backward run and keeps its input alone. Default false.</param>
    /// <returns>The hidden vectors [rows, width] that the head reads.</returns>
    public Tensor Record(Tape tape, TokenBuffer tokens, bool recomputesBlocks = false)
    {
        Tensor x = Positions is null ? Tokens.Record(tape, tokens) : Tokens.Record(tape, tokens, Positions);
        x = Dropout is null ? x : Dropout.Record(tape, x);
        foreach (TransformerBlock block in Blocks)
        {
            Tensor input = x;
            x = recomputesBlocks ? tape.Recomputed(() => block.Record(tape, input)) : block.Record(tape, input);
        }

        return FinalNorm.Record(tape, x);
    }
}

/// <summary>A language model recorded on a tape, with its loss if wanted; the tape is not compiled yet.</summary>
internal sealed class LanguageGraph
{
    private readonly double? _logitCap;

    public LanguageGraph(Tape tape, LanguageNetwork network, Sequences sequences, bool loss, bool recomputesBlocks)
    {
        _logitCap = network.LogitCap;
        Inputs = tape.Tokens("inputs", sequences);
        Hidden = network.Record(tape, Inputs, recomputesBlocks);
        Head = tape.Parameter(network.Head);
        if (!tape.Training)
        {
            tape.Output(Hidden);
        }

        if (loss)
        {
            Targets = tape.Tokens("targets", sequences);
            Loss = tape.CrossEntropy(Hidden, Head, Targets, logitCap: _logitCap);
        }

        MaximumLogits = SelfAttention.MaximumLogits(tape);
    }

    public TokenBuffer Inputs { get; }

    public TokenBuffer? Targets { get; }

    public Tensor Hidden { get; }

    public Tensor Head { get; }

    public Loss? Loss { get; }

    /// <summary>Each block's maximum attention logits, in order.</summary>
    public IReadOnlyList<Tensor> MaximumLogits { get; }

    /// <summary>Logits behind some tokens of the last run, [rows, vocabulary].</summary>
    public unsafe void Logits(WorkerTeam team, int row, int rows, float* logits)
    {
        var hidden = Matrix.Dense(Hidden.Data, Hidden.Rows, Hidden.Columns);
        var head = Matrix.Dense(Head.Data, Head.Rows, Head.Columns);
        MatrixProduct.Multiply(team, hidden.Block(row, 0, rows, Hidden.Columns), head.Transposed, Matrix.Dense(logits, rows, Head.Rows));
        if (_logitCap is { } cap)
        {
            LogitCap.Apply(team, cap, logits, (long)rows * Head.Rows);
        }
    }
}
