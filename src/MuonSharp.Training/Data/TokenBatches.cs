using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>Draws training sequences from a text: which ones depends on (seed, step, sample) alone.</summary>
/// <remarks>
/// So the position in the data is the number of the step: nothing is to be saved, and neither threads nor the split of a
/// step into micro-batches change what is drawn. Sample s of a step starts at floor(r·n / 2⁶⁴) with 64 random bits r and
/// n = tokens - context possible starts.
/// </remarks>
public sealed class TokenBatches
{
    private readonly ReadOnlyMemory<int> _tokens;
    private readonly RandomStream _random;

    /// <summary>Batches from some tokens.</summary>
    /// <param name="tokens">At least <paramref name="context"/> + 1 tokens.</param>
    /// <param name="context">Length of a sequence.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="ArgumentException">There are too few tokens for a sequence and its targets.</exception>
    public TokenBatches(ReadOnlyMemory<int> tokens, int context, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 1);
        if (tokens.Length < context + 1)
        {
            throw new ArgumentException(
                $"[batches] the tokens must be at least context + 1 = {context + 1}; {tokens.Length} came");
        }

        (_tokens, Context, _random) = (tokens, context, new RandomStream(seed, "batches"));
    }

    /// <summary>Length of a sequence.</summary>
    public int Context { get; }

    /// <summary>Fills inputs and targets with sequences of one step; the targets are the inputs one token later.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="firstSample">Number within the step of the first sequence: a micro-batch goes on where the one before ended.</param>
    /// <param name="inputs">Out: [sequences, context] tokens.</param>
    /// <param name="targets">Out: as many.</param>
    /// <exception cref="ArgumentException">The spans differ in length, or do not hold whole sequences.</exception>
    public void Fill(long step, int firstSample, Span<int> inputs, Span<int> targets)
    {
        if (inputs.Length != targets.Length || inputs.Length % Context != 0)
        {
            throw new ArgumentException(
                $"[batches] inputs and targets must both hold whole sequences of {Context}; {inputs.Length} and {targets.Length} came");
        }

        ReadOnlySpan<int> tokens = _tokens.Span;
        for (int sample = 0; sample < inputs.Length / Context; sample++)
        {
            int start = StartOf(step, firstSample + sample);
            tokens.Slice(start, Context).CopyTo(inputs[(sample * Context)..]);
            tokens.Slice(start + 1, Context).CopyTo(targets[(sample * Context)..]);
        }
    }

    /// <summary>Where in the tokens a sequence starts.</summary>
    internal int StartOf(long step, int sample) => (int)_random.Below(_tokens.Length - Context, (ulong)step, (uint)sample);
}
