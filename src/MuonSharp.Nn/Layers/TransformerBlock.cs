namespace MuonSharp.Nn;

/// <summary>A pre-norm block: x = x + mixer(norm(x)), then x = x + feedForward(norm(x)).</summary>
/// <remarks>The parts declare their parameters when they are constructed, in the order in which they shall lie in memory.</remarks>
/// <param name="mixerNorm">Norm of the mixer's input.</param>
/// <param name="mixer">What looks at other tokens, such as <see cref="SelfAttention"/>.</param>
/// <param name="feedForwardNorm">Norm of the feed-forward block's input.</param>
/// <param name="feedForward">What works on each token, such as <see cref="FeedForward"/>.</param>
public sealed class TransformerBlock(ILayer mixerNorm, IResidualBranch mixer, ILayer feedForwardNorm, IResidualBranch feedForward)
{
    /// <summary>Records the block.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">The stream [rows, width], its rows sequences.</param>
    /// <returns>The shape of x.</returns>
    public Tensor Record(Tape tape, Tensor x)
    {
        x = mixer.Record(tape, mixerNorm.Record(tape, x), x);
        return feedForward.Record(tape, feedForwardNorm.Record(tape, x), x);
    }
}

/// <summary>What a block adds to the stream that runs through it.</summary>
public interface IResidualBranch
{
    /// <summary>Records residual + f(x).</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">The branch's input, the normalized stream [rows, width]: sequences, if the branch looks at other tokens.</param>
    /// <param name="residual">The stream [rows, width].</param>
    /// <returns>The stream behind the branch.</returns>
    Tensor Record(Tape tape, Tensor x, Tensor residual);
}

/// <summary>The last step of a branch: residual + dropout(linear(x)).</summary>
internal sealed class BranchOutput
{
    private readonly Linear _linear;
    private readonly Dropout? _dropout;

    public BranchOutput(ulong seed, Linear linear, double dropout)
    {
        _linear = linear;

        // The numbers are named after the weight whose results are dropped.
        _dropout = dropout > 0 ? new Dropout(seed, linear.Weight.Name, dropout) : null;
    }

    /// <summary>Without dropout the sum is the product's epilogue.</summary>
    public Tensor Record(Tape tape, Tensor x, Tensor residual) => tape.Training && _dropout is not null
        ? tape.Add(residual, _dropout.Record(tape, _linear.Record(tape, x)))
        : _linear.Record(tape, x, residual: residual);
}
