using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Records the head of a language model with its loss.</summary>
public static class CrossEntropyRecording
{
    /// <summary>Target of a token that does not count.</summary>
    public const int Ignored = -1;

    /// <summary>Mean cross-entropy of softmax(x Wᵀ) against the targets. On a training tape the forward run already adds the gradients.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[tokens, width].</param>
    /// <param name="weight">The head [vocabulary, width], or [width, vocabulary] by <paramref name="orientation"/>.</param>
    /// <param name="targets">A token of the vocabulary for each row of x, or <see cref="Ignored"/>.</param>
    /// <param name="orientation">How the head is stored; default [out, in].</param>
    /// <param name="chunkRows">Rows whose logits exist at the same time; 0 (default) chooses by vocabulary, at most 64 MB.</param>
    /// <returns>Where the loss appears after a forward run.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static CrossEntropyLoss CrossEntropy(
        this Tape tape,
        Tensor x,
        Tensor weight,
        TokenBuffer targets,
        MatrixOrientation orientation = MatrixOrientation.OutIn,
        int chunkRows = 0)
    {
        var fanIn = orientation == MatrixOrientation.OutIn ? weight.Columns : weight.Rows;
        Rule.Check(x.Columns == fanIn, $"[cross-entropy] inner sizes differ: x is {x}, the head {weight} stored {orientation}");
        Rule.Check(targets.Length == x.Rows, $"[cross-entropy] a target for each row; {targets.Length} targets, x {x}");
        Rule.Check(chunkRows >= 0, $"[cross-entropy] a chunk has rows; {chunkRows}");
        return tape.Record(new CrossEntropyOperation(new LinearInputs(x, weight, null, null, orientation), targets, chunkRows)).Loss;
    }
}
