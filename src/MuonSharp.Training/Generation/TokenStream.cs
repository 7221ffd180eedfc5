using System.Diagnostics;
using System.Runtime.InteropServices;
using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>Continues sequences of tokens, each token computed once as long as all of them fit the context.</summary>
/// <remarks>Beyond the context the window slides: for each further token the last ones that fit are computed anew, as their states depend on all before them.</remarks>
/// <param name="model">The model.</param>
/// <param name="vocabulary">Tokens that may be drawn, from 0: the tokenizer's. The model may know more, which stand for nothing.</param>
/// <param name="end">The tokens that end a text: nothing is drawn after one, and it is not handed out. Null: there are none.</param>
/// <param name="sessions">Where decoding sessions come from; null makes one for each generation.</param>
internal sealed class TokenStream(LanguageModel model, int vocabulary, IReadOnlyList<int>? end = null, SessionStock? sessions = null)
{
    private readonly int[] _endTokens = [.. end ?? []];
    private GenerationEnd?[] _ends = [];

    /// <summary>Whether all logits so far were finite.</summary>
    public bool Finite { get; private set; } = true;

    /// <summary>The latest generation so far.</summary>
    public GenerationStatistics Statistics { get; private set; }

    /// <summary>The tokens that follow one sequence, as they are drawn.</summary>
    /// <param name="prompt">At least one token.</param>
    /// <param name="options">How many, and how to draw them.</param>
    /// <param name="occasion">The training step, or any number that names the text: a key of the draws.</param>
    /// <param name="cancellation">Asks to stop before the next token.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public IEnumerable<int> Continue(IEnumerable<int> prompt, GenerationOptions options, long occasion, CancellationToken cancellation = default) =>
        Continue([[.. prompt]], options, occasion, cancellation).Where(drawn => drawn.Token >= 0).Select(drawn => drawn.Token);

    /// <summary>The tokens that follow several sequences, one of each in turn; -1 where one ends by the token for that.</summary>
    public IEnumerable<(int Sequence, int Token)> Continue(int[][] prompts, GenerationOptions options, long occasion, CancellationToken cancellation = default)
    {
        long needed = prompts.Max(prompt => (long)prompt.Length) + options.Tokens;
        DecodingSession session = sessions?.Take(prompts.Length, needed) ?? SessionStock.Create(model, prompts.Length, needed);
        try
        {
            List<int>[] histories = [.. prompts.Select(prompt => new List<int>(prompt))];
            _ends = new GenerationEnd?[prompts.Length];
            Statistics = default;
            TokenSampler sampler = new(vocabulary, options);
            int[] next = new int[prompts.Length];
            for (int sequence = 0; sequence < prompts.Length && options.Tokens > 0; sequence++)
            {
                Read(session, sequence, histories[sequence], cancellation);
            }

            for (int position = 0; position < options.Tokens && Array.Exists(_ends, static reason => reason is null); position++)
            {
                if (position > 0)
                {
                    Advance(session, histories, next);
                }

                for (int sequence = 0; sequence < prompts.Length; sequence++)
                {
                    if (_ends[sequence] is null)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        next[sequence] = Draw(session, sampler, sequence, histories[sequence], occasion, position);
                        yield return (sequence, next[sequence]);
                    }
                }
            }
        }
        finally
        {
            if (sessions is null)
            {
                session.Dispose();
            }
            else
            {
                sessions.Return(session);
            }
        }
    }

    /// <summary>Draws no more tokens of a sequence.</summary>
    public void End(int sequence, GenerationEnd reason) => _ends[sequence] ??= reason;

    private static Span<int> Visible(DecodingSession session, List<int> history) =>
        CollectionsMarshal.AsSpan(history)[Math.Max(0, history.Count - session.Capacity)..];

    private void Read(DecodingSession session, int sequence, List<int> history, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        session.Trim(sequence, 0);
        Span<int> prompt = Visible(session, history);
        for (int at = 0; at < prompt.Length; at += DecodingSession.LargestPiece)
        {
            cancellation.ThrowIfCancellationRequested();
            session.Append(sequence, prompt[at..Math.Min(prompt.Length, at + DecodingSession.LargestPiece)]);
        }

        Statistics = Statistics with { PromptTokens = Statistics.PromptTokens + prompt.Length, PromptTime = Statistics.PromptTime + Stopwatch.GetElapsedTime(start) };
    }

    private int Draw(DecodingSession session, TokenSampler sampler, int sequence, List<int> history, long occasion, int position)
    {
        long start = Stopwatch.GetTimestamp();
        ReadOnlySpan<float> logits = session.Logits(sequence)[..vocabulary];
        Finite = Finite && logits.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) < 0;
        int token = sampler.Draw(logits, occasion, position, sequence, Visible(session, history));
        if (_endTokens.AsSpan().Contains(token))
        {
            End(sequence, GenerationEnd.EndOfText);
            return -1;
        }

        // Twice what can be seen is kept, so that little is moved and nothing grows for ever.
        if (history.Count >= 2 * session.Capacity)
        {
            history.RemoveRange(0, history.Count - session.Capacity);
        }

        history.Add(token);
        Statistics = Statistics with { Tokens = Statistics.Tokens + 1, Time = Statistics.Time + Stopwatch.GetElapsedTime(start) };
        return token;
    }

    private void Advance(DecodingSession session, List<int>[] histories, int[] next)
    {
        long start = Stopwatch.GetTimestamp();
        bool some = false;
        for (int sequence = 0; sequence < next.Length; sequence++)
        {
            if (_ends[sequence] is not null)
            {
                next[sequence] = -1;
            }
            else if (session.Length(sequence) == session.Capacity)
            {
                session.Trim(sequence, 0);
                session.Append(sequence, Visible(session, histories[sequence]));
                next[sequence] = -1;
            }

            some |= next[sequence] >= 0;
        }

        if (some)
        {
            session.Step(next);
        }

        Statistics = Statistics with { Time = Statistics.Time + Stopwatch.GetElapsedTime(start) };
    }
}

/// <summary>At most one decoding session that nobody uses, so that one generation after the other neither compiles programs anew nor takes more memory.</summary>
internal sealed class SessionStock(LanguageModel model) : IDisposable
{
    private const int LeastCapacity = 64;

    private DecodingSession? _idle;

    /// <summary>A session with room for so many tokens of each sequence, or for the context.</summary>
    public static DecodingSession Create(LanguageModel model, int sequences, long tokens) =>
        new(model, sequences, (int)Math.Min(model.Config.Context, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(LeastCapacity, tokens))));

    /// <summary>A session for one generation.</summary>
    public DecodingSession Take(int sequences, long tokens)
    {
        if (Interlocked.Exchange(ref _idle, null) is { } idle)
        {
            if (idle.Sequences == sequences && idle.Capacity >= Math.Min(tokens, model.Config.Context))
            {
                return idle;
            }

            idle.Dispose();
        }

        return Create(model, sequences, tokens);
    }

    /// <summary>Takes a session back.</summary>
    public void Return(DecodingSession session) => Interlocked.Exchange(ref _idle, session)?.Dispose();

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _idle, null)?.Dispose();
}
