using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Sequences that a language model continues token by token: each token is computed once, what later ones need of it is kept in a <see cref="SequenceCache"/>.</summary>
/// <remarks>
/// <para>Logits have the bits that <see cref="LanguageProgram"/> gives for the same tokens, however they were cut into calls, on any number of threads: every product is one chain
/// in ascending k, and attention meets the same blocks of keys in the same order.</para>
/// <para>A prompt runs in pieces of up to <see cref="LargestPiece"/> tokens, a token of all sequences in one piece, which reads each weight once. Nothing is allocated for a token
/// once there was one before.</para>
/// <para>A sequence has at most <see cref="Capacity"/> tokens. Going on at the end is up to the caller: <see cref="Trim"/> to nothing and append the tokens that shall still be seen.
/// As every token's state depends on those before it, a window that slides by one computes all of it again for each token.</para>
/// <para>Memory: the cache (keys and values: 2 · layers · key-value heads · head width floats a token), a row of logits for each sequence, the activations of a few programs. Not for two
/// threads at once; dispose of it before the model.</para>
/// </remarks>
public sealed unsafe class DecodingSession : IDisposable
{
    /// <summary>Most tokens of a prompt that run at once.</summary>
    public const int LargestPiece = 512;

    /// <summary>Rows up to which a run takes about as long as one row: reading the weights does.</summary>
    private const int FewRows = 32;

    private const int KeptPrograms = 6;

    private readonly LanguageModel _model;
    private readonly SequenceCache _cache;
    private readonly ProgramCache<(int Batch, int Time), Program> _programs = new(KeptPrograms);
    private readonly int[] _lengths;
    private readonly bool[] _known;
    private readonly NativeBuffer _logits;

    /// <summary>Sequences without tokens.</summary>
    /// <param name="model">The model; not owned.</param>
    /// <param name="sequences">Number of sequences, 1 or more. Default 1.</param>
    /// <param name="capacity">Most tokens of each, up to the model's context. Default: that.</param>
    /// <exception cref="ArgumentException">A number does not fit.</exception>
    public DecodingSession(LanguageModel model, int sequences = 1, int? capacity = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        Capacity = capacity ?? model.Config.Context;
        Rule.Check(
            sequences >= 1 && Capacity >= 1 && Capacity <= model.Config.Context,
            $"[decoding] there is at least one sequence with room for 1 to {model.Config.Context} tokens; {sequences} sequences, capacity {Capacity}");
        (_model, _cache) = (model, new SequenceCache(sequences, Capacity));
        (_lengths, _known) = (new int[sequences], new bool[sequences]);
        _logits = new NativeBuffer((long)sequences * Vocabulary);
    }

    /// <summary>Number of sequences.</summary>
    public int Sequences => _lengths.Length;

    /// <summary>Most tokens of a sequence.</summary>
    public int Capacity { get; }

    /// <summary>Length of a row of logits.</summary>
    public int Vocabulary => _model.Config.Vocabulary;

    /// <summary>Bytes of the cache: 0 before the first token.</summary>
    public long CacheBytes => _cache.Bytes;

    /// <summary>Tokens of a sequence.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <returns>How many.</returns>
    public int Length(int sequence) => _lengths[sequence];

    /// <summary>The logits of the token behind the last one of a sequence.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <returns>[vocabulary], until the sequence gets a token.</returns>
    /// <exception cref="InvalidOperationException">The sequence got no token yet, or none since it was trimmed.</exception>
    public ReadOnlySpan<float> Logits(int sequence) => _known[sequence]
        ? new(_logits.Pointer + ((nint)sequence * Vocabulary), Vocabulary)
        : throw new InvalidOperationException($"[decoding] logits follow a token; sequence {sequence} got none since it was made or trimmed");

    /// <summary>Appends tokens to one sequence, a prompt for example.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="tokens">At least one token.</param>
    /// <exception cref="ArgumentException">There is no token, or no room for all.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is outside the vocabulary.</exception>
    public void Append(int sequence, ReadOnlySpan<int> tokens)
    {
        Rule.Check(
            tokens.Length > 0 && tokens.Length <= Capacity - _lengths[sequence],
            $"[decoding] at least one token is appended, and a sequence has at most {Capacity}; {tokens.Length} for sequence {sequence} with {_lengths[sequence]}");
        CheckTokens(tokens);
        _known[sequence] = false;
        while (tokens.Length > 0)
        {
            Program program = ProgramFor(1, PieceFor(tokens.Length));
            int count = Math.Min(tokens.Length, program.Time);
            program.Place(sequence, 0, _lengths[sequence], tokens[..count]);
            program.Run();
            _lengths[sequence] += count;
            tokens = tokens[count..];
            if (tokens.Length == 0)
            {
                program.Logits(count - 1, 1, LogitsOf(sequence));
            }
        }

        _known[sequence] = true;
    }

    /// <summary>Appends one token to each sequence, or to some of them.</summary>
    /// <param name="tokens">A token for each sequence; -1: this one gets none and stays as it is.</param>
    /// <exception cref="ArgumentException">The number of tokens is not that of the sequences, or one of them is full.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is outside the vocabulary.</exception>
    public void Step(ReadOnlySpan<int> tokens)
    {
        Rule.Check(tokens.Length == Sequences, $"[decoding] a step has a token, or -1, for each of {Sequences} sequences; {tokens.Length}");
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            if (tokens[sequence] >= 0)
            {
                Rule.Check(_lengths[sequence] < Capacity, $"[decoding] a sequence has at most {Capacity} tokens; sequence {sequence} is full");
                CheckTokens(tokens.Slice(sequence, 1));
            }
        }

        Program program = ProgramFor(Sequences, 1);
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            program.Place(0, sequence, _lengths[sequence], tokens[sequence] >= 0 ? tokens.Slice(sequence, 1) : []);
        }

        program.Run();
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            int first = sequence;
            for (; sequence < Sequences && tokens[sequence] >= 0; sequence++)
            {
                _lengths[sequence]++;
                _known[sequence] = true;
            }

            if (sequence > first)
            {
                program.Logits(first, sequence - first, LogitsOf(first));
            }
        }
    }

    /// <summary>Forgets the last tokens of a sequence.</summary>
    /// <param name="sequence">The sequence, from 0.</param>
    /// <param name="length">Tokens that stay, 0 to as many as there are.</param>
    /// <exception cref="ArgumentException">There are fewer tokens.</exception>
    public void Trim(int sequence, int length)
    {
        Rule.Check(length >= 0 && length <= _lengths[sequence], $"[decoding] a sequence keeps some of its tokens; {length} of {_lengths[sequence]}");
        _known[sequence] &= length == _lengths[sequence];
        _lengths[sequence] = length;
    }

    /// <summary>Frees all memory.</summary>
    public void Dispose()
    {
        _programs.Dispose();
        _cache.Dispose();
        _logits.Dispose();
    }

    /// <summary>Rows of the program that runs the next of so many tokens: few programs, and few rows that nobody needs.</summary>
    private int PieceFor(int tokens)
    {
        int piece = 1;
        while (piece < tokens && piece < LargestPiece)
        {
            piece *= piece < 16 ? 4 : 2;
        }

        piece = piece > FewRows && tokens < piece - (piece / 4) ? piece / 2 : piece;
        return Math.Min(piece, Capacity);
    }

    private float* LogitsOf(int sequence) => _logits.Pointer + ((nint)sequence * Vocabulary);

    private void CheckTokens(ReadOnlySpan<int> tokens)
    {
        if (tokens.IndexOfAnyExceptInRange(0, Vocabulary - 1) is >= 0 and int worst)
        {
            throw new ArgumentOutOfRangeException(nameof(tokens), $"[decoding] tokens are 0 to {Vocabulary - 1}; {tokens[worst]} at place {worst}");
        }
    }

    private Program ProgramFor(int batch, int time)
    {
        if (!_programs.TryGet((batch, time), out Program? program))
        {
            _programs.MakeRoom();
            program = new Program(_model, _cache, batch, time);
            _programs.Add((batch, time), program);
        }

        return program;
    }

    /// <summary>The model on a tape that adds up to so many tokens to each of some sequences.</summary>
    private sealed class Program : IDisposable
    {
        private readonly Tape _tape;
        private readonly LanguageGraph _graph;
        private readonly CachedTokens _cached;

        public Program(LanguageModel model, SequenceCache cache, int batch, int time)
        {
            _tape = model.Model.NewTape(training: false);
            try
            {
                Sequences sequences = _tape.Cached(cache, batch, time);
                (_cached, _graph) = (sequences.Cached!, model.Record(_tape, sequences));
                _tape.Compile();
            }
            catch
            {
                _tape.Dispose();
                throw;
            }
        }

        public int Time => _cached.Time;

        public void Place(int first, int sequence, int start, ReadOnlySpan<int> tokens)
        {
            _cached.First = first;
            _cached.Place(sequence, start, tokens.Length);
            Span<int> inputs = _graph.Inputs.Span.Slice(sequence * Time, Time);
            tokens.CopyTo(inputs);
            inputs[tokens.Length..].Clear();
        }

        public void Run() => _tape.Forward();

        public void Logits(int row, int rows, float* logits) => _graph.Logits(_tape.Team, row, rows, logits);

        public void Dispose() => _tape.Dispose();
    }
}
