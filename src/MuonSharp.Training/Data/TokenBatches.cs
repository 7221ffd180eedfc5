namespace MuonSharp.Training;

/// <summary>Fills micro-batches with sequences of a source, as a sampler says.</summary>
internal sealed class TokenBatches
{
    private readonly ITokenSource _source;
    private readonly ISequenceSampler _sampler;
    private readonly int _context;
    private readonly int _vocabulary;
    private readonly int[] _sequence;

    /// <summary>Batches from some tokens.</summary>
    /// <param name="source">At least <paramref name="context"/> + 1 tokens.</param>
    /// <param name="sampler">Where sequences start.</param>
    /// <param name="context">Length of a sequence.</param>
    /// <param name="vocabulary">Tokens are below it.</param>
    /// <exception cref="ArgumentException">There are too few tokens for a sequence and its targets.</exception>
    public TokenBatches(ITokenSource source, ISequenceSampler sampler, int context, int vocabulary)
    {
        if (source.Length < (long)context + 1)
        {
            throw new ArgumentException($"[data] the tokens to train on must be at least context + 1 = {context + 1}; {source.Length} came");
        }

        (_source, _sampler, _context, _vocabulary) = (source, sampler, context, vocabulary);
        _sequence = new int[context + 1];
    }

    /// <summary>Fills inputs and targets; the targets are the inputs one token later.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="microBatch">Number of the micro-batch within the step: it goes on where the one before ended.</param>
    /// <param name="microBatches">Micro-batches of a step.</param>
    /// <param name="inputs">Out: [sequences, context] tokens.</param>
    /// <param name="targets">Out: as many.</param>
    /// <exception cref="BadInputException">The sampler or the source gave what it may not give.</exception>
    public void Fill(long step, int microBatch, int microBatches, Span<int> inputs, Span<int> targets)
    {
        int samples = inputs.Length / _context;
        for (int sample = 0; sample < samples; sample++)
        {
            SequenceDraw draw = new(step, (microBatch * samples) + sample, (long)samples * microBatches, _source.Length, _context);
            long start = _sampler.StartOf(draw);
            if (start < 0 || start >= draw.Starts)
            {
                throw new BadInputException($"[data] a sequence starts at 0 to {draw.Starts - 1}; the sampler says {start}");
            }

            _source.Read(start, _sequence);
            int foreign = _sequence.AsSpan().IndexOfAnyExceptInRange(0, _vocabulary - 1);
            if (foreign >= 0)
            {
                throw new BadInputException($"[data] tokens are 0 to {_vocabulary - 1}, as the model knows them; {_sequence[foreign]} came at {start + foreign}");
            }

            _sequence.AsSpan(0, _context).CopyTo(inputs[(sample * _context)..]);
            _sequence.AsSpan(1).CopyTo(targets[(sample * _context)..]);
        }
    }
}
