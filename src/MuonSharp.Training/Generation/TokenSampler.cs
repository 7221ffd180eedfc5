using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>Draws a token from logits: repetition penalty, temperature, then top-k, top-p and min-p.</summary>
/// <remarks>
/// Softmax and sums are in double. Ties go to the lower token. The random number is keyed by (seed, stream, occasion, position, text).
/// A NaN counts as the least logit, so that a broken model gives text instead of a crash.
/// </remarks>
internal sealed class TokenSampler
{
    private readonly GenerationOptions _options;
    private readonly RandomStream _random;
    private readonly Candidate[] _candidates;

    public TokenSampler(int vocabulary, GenerationOptions options)
    {
        _options = options;
        _random = new RandomStream(options.Seed, "generation");
        _candidates = new Candidate[vocabulary];
    }

    /// <summary>The token drawn.</summary>
    /// <param name="logits">One for each token of the vocabulary.</param>
    /// <param name="occasion">The training step, or any number that names the text.</param>
    /// <param name="position">Number of the token within the text.</param>
    /// <param name="text">Number of the text among those that are drawn together.</param>
    /// <param name="seen">Tokens that the repetition penalty is for.</param>
    public int Draw(ReadOnlySpan<float> logits, long occasion, int position, int text = 0, ReadOnlySpan<int> seen = default)
    {
        for (int token = 0; token < logits.Length; token++)
        {
            _candidates[token] = new(float.IsNaN(logits[token]) ? float.NegativeInfinity : logits[token], token);
        }

        Penalize(seen);
        Candidate likeliest = _candidates[0];
        foreach (Candidate candidate in _candidates)
        {
            likeliest = candidate.Logit > likeliest.Logit ? candidate : likeliest;
        }

        if (_options.Temperature == 0 || !float.IsFinite(likeliest.Logit))
        {
            return likeliest.Token;
        }

        Span<Candidate> candidates = _options.TopK > 0 ? Likeliest(_candidates, _options.TopK) : _candidates;
        double total = 0;
        foreach (ref Candidate candidate in candidates)
        {
            candidate.Weight = Math.Exp((candidate.Logit - (double)likeliest.Logit) / _options.Temperature);
            total += candidate.Weight;
        }

        candidates = _options.TopP < 1 ? Nucleus(candidates, total, out total) : candidates;
        candidates = _options.MinP > 0 ? AtLeast(candidates, _options.MinP, out total) : candidates;
        return Pick(candidates, Uniform(occasion, position, text) * total);
    }

    private void Penalize(ReadOnlySpan<int> seen)
    {
        if (_options.RepetitionPenalty == 1)
        {
            return;
        }

        foreach (int token in seen)
        {
            // A weight marks those that were met before.
            ref Candidate candidate = ref _candidates[token];
            if (candidate.Weight == 0)
            {
                double logit = candidate.Logit;
                candidate = new((float)(logit > 0 ? logit / _options.RepetitionPenalty : logit * _options.RepetitionPenalty), token) { Weight = 1 };
            }
        }
    }

    /// <summary>The likeliest candidates, in order: those before the place they end at are found by quickselect, then sorted.</summary>
    private static Span<Candidate> Likeliest(Span<Candidate> candidates, int count)
    {
        count = Math.Min(count, candidates.Length);
        Span<Candidate> rest = candidates;
        for (int wanted = count; wanted > 0 && wanted < rest.Length;)
        {
            int smaller = Divide(rest);
            rest = wanted <= smaller ? rest[..smaller] : rest[(smaller + 1)..];
            wanted -= wanted <= smaller ? 0 : smaller + 1;
        }

        candidates[..count].Sort(Compare);
        return candidates[..count];
    }

    /// <summary>Puts what comes before the middle candidate ahead of it, and the others behind it.</summary>
    /// <returns>Its new place.</returns>
    private static int Divide(Span<Candidate> candidates)
    {
        int last = candidates.Length - 1, place = 0;
        Candidate middle = candidates[last / 2];
        (candidates[last / 2], candidates[last]) = (candidates[last], middle);
        for (int i = 0; i < last; i++)
        {
            if (Compare(candidates[i], middle) < 0)
            {
                (candidates[i], candidates[place]) = (candidates[place], candidates[i]);
                place++;
            }
        }

        (candidates[place], candidates[last]) = (candidates[last], candidates[place]);
        return place;
    }

    /// <summary>The likeliest candidates that together reach the share, in order.</summary>
    private Span<Candidate> Nucleus(Span<Candidate> candidates, double total, scoped out double reached)
    {
        // All that are lighter than the average of the rest weigh less than the rest together: what is needed comes before them.
        Span<Candidate> heavy = AtLeast(candidates, (1 - _options.TopP) * total / candidates.Length, out _);
        heavy.Sort(Compare);
        reached = 0;
        int kept = 0;
        while (kept < heavy.Length && (kept == 0 || reached < _options.TopP * total))
        {
            reached += heavy[kept++].Weight;
        }

        return heavy[..kept];
    }

    /// <summary>The candidates of at least that weight, where the likeliest weighs 1, in their order.</summary>
    private static Span<Candidate> AtLeast(Span<Candidate> candidates, double least, scoped out double total)
    {
        int kept = 0;
        total = 0;
        foreach (Candidate candidate in candidates)
        {
            if (candidate.Weight >= least)
            {
                candidates[kept++] = candidate;
                total += candidate.Weight;
            }
        }

        return candidates[..kept];
    }

    private static int Pick(ReadOnlySpan<Candidate> candidates, double point)
    {
        foreach (ref readonly Candidate candidate in candidates)
        {
            point -= candidate.Weight;
            if (point < 0)
            {
                return candidate.Token;
            }
        }

        return candidates[^1].Token;
    }

    private double Uniform(long occasion, int position, int text)
    {
        ulong high = _random.At((ulong)occasion, (uint)position, 2 * (uint)text);
        ulong low = _random.At((ulong)occasion, (uint)position, (2 * (uint)text) + 1);
        return (((high << 32) | low) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>From the likeliest, ties by token.</summary>
    private static int Compare(Candidate left, Candidate right)
    {
        int order = right.Logit.CompareTo(left.Logit);
        return order != 0 ? order : left.Token.CompareTo(right.Token);
    }

    /// <summary>A token with its logit and, later, its weight.</summary>
    private record struct Candidate(float Logit, int Token)
    {
        public double Weight { get; set; }
    }
}
