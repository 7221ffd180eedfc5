using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>Draws a token from logits: temperature, then top-k, then top-p.</summary>
/// <remarks>
/// Softmax and sums are in double. Ties go to the lower token. The random number is keyed by (seed, stream, occasion, position).
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
    public int Draw(ReadOnlySpan<float> logits, long occasion, int position)
    {
        for (int token = 0; token < logits.Length; token++)
        {
            _candidates[token] = new(float.IsNaN(logits[token]) ? float.NegativeInfinity : logits[token], token);
        }

        Span<Candidate> candidates = _candidates;
        float greatest = candidates[0].Logit;
        foreach (Candidate candidate in candidates)
        {
            greatest = Math.Max(greatest, candidate.Logit);
        }

        if (_options.TopK > 0 || _options.TopP < 1 || _options.Temperature == 0 || !float.IsFinite(greatest))
        {
            candidates.Sort(Compare);
        }

        if (_options.Temperature == 0 || !float.IsFinite(greatest))
        {
            return candidates[0].Token;
        }

        candidates = candidates[..(_options.TopK > 0 ? Math.Min(_options.TopK, candidates.Length) : candidates.Length)];
        double total = 0;
        foreach (ref Candidate candidate in candidates)
        {
            candidate.Weight = Math.Exp((candidate.Logit - (double)greatest) / _options.Temperature);
            total += candidate.Weight;
        }

        if (_options.TopP < 1)
        {
            int kept = NucleusOf(candidates, ref total);
            candidates = candidates[..kept];
        }

        return Pick(candidates, Uniform(occasion, position) * total);
    }

    /// <summary>Number of the likeliest candidates that together reach the share; the total becomes theirs.</summary>
    private int NucleusOf(ReadOnlySpan<Candidate> candidates, ref double total)
    {
        double sum = 0;
        int kept = 0;
        while (kept < candidates.Length && (kept == 0 || sum < _options.TopP * total))
        {
            sum += candidates[kept++].Weight;
        }

        total = sum;
        return kept;
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

    private double Uniform(long occasion, int position)
    {
        ulong high = _random.At((ulong)occasion, (uint)position, 0);
        ulong low = _random.At((ulong)occasion, (uint)position, 1);
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

/// <summary>Continues a sequence of tokens, one forward pass a token over the last of them that fit the context.</summary>
/// <remarks>
/// Short sequences run in programs of 16, 32, 64, ... positions, so that few shapes are compiled; what stands behind the
/// last token cannot be seen by it. Beyond the context the window slides.
/// </remarks>
/// <param name="model">The model.</param>
/// <param name="vocabulary">Tokens that may be drawn, from 0: the tokenizer's. The model may know more, which stand for nothing.</param>
/// <param name="end">The token that ends every text: nothing is drawn after it, and it is not handed out. Null: there is none.</param>
internal sealed class TokenStream(LanguageModel model, int vocabulary, int? end = null)
{
    private const int LeastTime = 16;

    /// <summary>Whether all logits so far were finite.</summary>
    public bool Finite { get; private set; } = true;

    /// <summary>The tokens that follow, as they are drawn.</summary>
    /// <param name="prompt">At least one token.</param>
    /// <param name="options">How many, and how to draw them.</param>
    /// <param name="occasion">The training step, or any number that names the text: a key of the draws.</param>
    /// <param name="cancellation">Asks to stop before the next token.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public IEnumerable<int> Continue(IEnumerable<int> prompt, GenerationOptions options, long occasion, CancellationToken cancellation = default)
    {
        List<int> history = [.. prompt];
        TokenSampler sampler = new(vocabulary, options);
        float[] logits = new float[model.Config.Vocabulary];
        for (int position = 0; position < options.Tokens; position++)
        {
            cancellation.ThrowIfCancellationRequested();
            Next(history, logits);
            Finite = Finite && logits.AsSpan(0, vocabulary).IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) < 0;
            int token = sampler.Draw(logits.AsSpan(0, vocabulary), occasion, position);
            if (token == end)
            {
                yield break;
            }

            history.Add(token);
            yield return token;
        }
    }

    private void Next(List<int> history, float[] logits)
    {
        int length = Math.Min(history.Count, model.Config.Context);
        int time = LeastTime;
        while (time < length)
        {
            time *= 2;
        }

        LanguageProgram program = model.Program(1, Math.Min(time, model.Config.Context), training: false, loss: false);
        Span<int> inputs = program.Inputs;
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(history)[^length..].CopyTo(inputs);
        inputs[length..].Clear();
        program.Forward();
        program.Logits(0, length - 1, logits);
    }
}
