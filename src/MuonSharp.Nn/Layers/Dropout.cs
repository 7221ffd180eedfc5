using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Sets each element to zero with a probability, and scales the others by 1/(1 - probability); at inference it does nothing.</summary>
/// <remarks>No parameters. Numbers are keyed by the seed, the layer's full name, the tape's step and the sample: a recomputation and another cut into
/// micro-batches meet the same ones. Source: N. Srivastava et al., "Dropout", JMLR 15, 2014.</remarks>
public sealed class Dropout : ILayer
{
    private readonly RandomStream _stream;

    /// <summary>Declares the layer.</summary>
    /// <param name="builder">Scope that the layer is declared in.</param>
    /// <param name="name">Name of the layer in it: two layers of one name drop the same elements.</param>
    /// <param name="probability">Of zero, 0 up to but not including 1; 0 records nothing.</param>
    /// <exception cref="ArgumentException">The probability is outside.</exception>
    public Dropout(ModelBuilder builder, string name, double probability)
        : this(builder.Seed, builder.FullName(name), probability)
    {
    }

    /// <summary>Dropout whose numbers are named after any place in the model.</summary>
    internal Dropout(ulong seed, string place, double probability)
    {
        Rule.Check(probability is >= 0 and < 1, $"[dropout] the probability is in [0, 1); '{place}' has {probability}");
        (Probability, _stream) = (probability, new RandomStream(seed, $"dropout/{place}"));
    }

    /// <summary>Probability of zero.</summary>
    public double Probability { get; }

    /// <inheritdoc/>
    /// <remarks>The rows of x are sequences, each one sample, or else every row is a sample of its own.</remarks>
    public Tensor Record(Tape tape, Tensor x) => tape.Dropout(x, Probability, _stream);
}
