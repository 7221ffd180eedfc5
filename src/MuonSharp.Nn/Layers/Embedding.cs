using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A vector for each of a number of tokens: y[t] = weight[token t].</summary>
/// <remarks>Parameter: <c>weight</c> [rows, width], at first N(0, 1) as torch's.</remarks>
public sealed class Embedding
{
    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it.</param>
    /// <param name="rows">Number of tokens (or positions) that have a vector.</param>
    /// <param name="width">Length of a vector.</param>
    /// <param name="initializer">First values. Default N(0, 1).</param>
    /// <param name="role">What the table does. Default <see cref="ParameterRole.Embedding"/>.</param>
    /// <exception cref="ArgumentException">A size is below 1, or the name is taken.</exception>
    public Embedding(
        ModelBuilder builder, string name, int rows, int width, Initializer? initializer = null, ParameterRole role = ParameterRole.Embedding)
    {
        Rule.Check(rows >= 1 && width >= 1, $"[embedding] a table has rows and columns; '{builder.FullName(name)}' has {rows} and {width}");
        Weight = builder.Scope(name).Parameter("weight", [rows, width], role, initializer ?? Initializers.Normal(1));
    }

    /// <summary>Number of vectors.</summary>
    public int Rows => Weight.Shape[0];

    /// <summary>Length of a vector.</summary>
    public int Width => Weight.Shape[1];

    /// <summary>The table.</summary>
    public Parameter Weight { get; }

    /// <summary>Records a vector for each token.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="tokens">Tokens, 0 to rows - 1.</param>
    /// <returns>[tokens, width].</returns>
    public Tensor Record(Tape tape, TokenBuffer tokens) => tape.Embedding(tokens, tape.Parameter(Weight));

    /// <summary>Records a vector for each token, plus one for its position in its sequence.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="tokens">Tokens of sequences, 0 to rows - 1.</param>
    /// <param name="positions">A table of at least as many rows as a sequence has tokens.</param>
    /// <returns>[tokens, width].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public Tensor Record(Tape tape, TokenBuffer tokens, Embedding positions) =>
        tape.Embedding(tokens, tape.Parameter(Weight), tape.Parameter(positions.Weight));

    /// <summary>Records the mean vector of the tokens of each row: a bag of words.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="tokens">[rows·count] tokens, those of a row one after the other.</param>
    /// <param name="count">Tokens of a row.</param>
    /// <returns>[rows, width].</returns>
    /// <exception cref="ArgumentException">The count does not divide the tokens.</exception>
    public Tensor RecordMean(Tape tape, TokenBuffer tokens, int count) => tape.EmbeddingMean(tokens, tape.Parameter(Weight), count);
}
