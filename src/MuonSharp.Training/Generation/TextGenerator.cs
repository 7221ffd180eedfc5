using System.Runtime.CompilerServices;
using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>Samples text from a language model, piece by piece: of one prompt, or of several at once.</summary>
/// <remarks>
/// <para>Each token is computed once (<see cref="DecodingSession"/>). Past the context the window slides, and every token costs a run over all of it.</para>
/// <para>The text depends on the weights, the prompt, the options and, among several prompts, on its number; on nothing else. A prompt that is the first has the text that it has alone.</para>
/// <para>One generation at a time: a generator is not for two threads at once. Its memory does not grow from one generation to the next.</para>
/// </remarks>
public sealed class TextGenerator : IDisposable
{
    private readonly RunModel? _run;
    private readonly LanguageModel _model;
    private readonly ITokenizer _tokenizer;
    private readonly SessionStock _sessions;
    private TokenStream? _stream;

    /// <summary>A generator of any model.</summary>
    /// <param name="model">The model; not owned. Dispose of the generator first.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="ArgumentException">The tokenizer has more tokens than the model.</exception>
    public TextGenerator(LanguageModel model, ITokenizer tokenizer)
    {
        (_model, _tokenizer, _sessions) = (model, tokenizer, new SessionStock(model));
        if (tokenizer.VocabularySize > model.Config.Vocabulary)
        {
            throw new ArgumentException($"[generate] a model knows all tokens of its tokenizer; {model.Config.Vocabulary} of {tokenizer.VocabularySize}", nameof(tokenizer));
        }
    }

    private TextGenerator(RunModel run)
        : this(run.Model, run.Tokenizer) => _run = run;

    /// <summary>Number of steps that a run has trained the model for; null for any other.</summary>
    public long? Step => _run?.Step;

    /// <summary>What a user should know of the checkpoint in use, one line each: damaged newer ones, a much better earlier one.</summary>
    public IReadOnlyList<string> Notices => _run?.Notices ?? [];

    /// <summary>Whether all logits of the latest generation were finite; where they were not, the model has diverged and its text means nothing.</summary>
    public bool LogitsWereFinite => _stream?.Finite ?? true;

    /// <summary>The latest generation, as far as it has come.</summary>
    public GenerationStatistics Statistics => _stream?.Statistics ?? default;

    /// <summary>A generator from a checkpoint of a run.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="threads">Threads that compute. 0: one per core.</param>
    /// <param name="checkpoint">Which checkpoint; by default the newest sound one.</param>
    /// <exception cref="BadInputException">The folder's files do not fit each other, there is no checkpoint yet, or not the one that is chosen.</exception>
    /// <exception cref="InvalidFileException">The folder holds no run, or its checkpoint is damaged; of the newest, all are.</exception>
    public static TextGenerator FromRun(string runFolder, int threads = 0, CheckpointChoice checkpoint = default) => new(RunModel.Open(runFolder, threads, checkpoint));

    /// <summary>A generator of a model that is stored by itself.</summary>
    /// <param name="path">A folder with <c>config.json</c>, weights and <c>tokenizer.json</c>, or a GGUF file.</param>
    /// <param name="threads">Threads that compute. 0: one per core.</param>
    /// <param name="tokenizer">Instead of its own, or where it has none: <c>byte</c>, <c>gpt2</c>, a <c>tokenizer.json</c> or a folder with one.</param>
    /// <exception cref="InvalidFileException">It is no model that can be computed here, or has no tokenizer.</exception>
    /// <exception cref="BadInputException">The tokenizer that is named is none, or has more tokens than the model.</exception>
    public static TextGenerator FromModel(string path, int threads = 0, string? tokenizer = null) => new(RunModel.OpenStored(path, threads, tokenizer));

    /// <summary>The continuation of a prompt, in pieces as soon as they are certain; the prompt itself is not among them.</summary>
    /// <param name="prompt">Text to continue; empty: a line break, or the vocabulary's first token.</param>
    /// <param name="options">How to draw; null: the defaults.</param>
    /// <exception cref="BadInputException">The prompt holds what the tokenizer does not know.</exception>
    /// <exception cref="ConfigurationException">The options break a rule.</exception>
    public IEnumerable<string> Generate(string prompt, GenerationOptions? options = null) =>
        Generate([prompt], options).Where(piece => piece.Text.Length > 0).Select(piece => piece.Text);

    /// <summary>The continuations of several prompts at once, which costs little more than that of one: each weight is read once for a token of all.</summary>
    /// <param name="prompts">Texts to continue, at least one.</param>
    /// <param name="options">How to draw; null: the defaults.</param>
    /// <param name="cancellation">Asks to stop before the next token.</param>
    /// <returns>Pieces of all texts, as soon as they are certain; of each text the last has an <see cref="GeneratedText.End"/>.</returns>
    /// <exception cref="BadInputException">A prompt holds what the tokenizer does not know.</exception>
    /// <exception cref="ConfigurationException">The options break a rule.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public IEnumerable<GeneratedText> Generate(IReadOnlyList<string> prompts, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompts.Count);
        options ??= new();
        IReadOnlyList<string> problems = options.Validate();
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        int[][] tokens = [.. prompts.Select(prompt => TextPieces.Prompt(_tokenizer, options.Unknown == UnknownCharacters.Skip ? _tokenizer.WithoutUnknown(prompt) : prompt, options.PlainPrompt, canSkip: true))];
        return Pieces(_stream = new TokenStream(_model, _tokenizer.VocabularySize, options.EndOfText ?? _run?.EndOfText ?? EndTokens.Of(_tokenizer), _sessions), tokens, options, cancellation);
    }

    /// <summary>The continuation of a prompt, computed on threads of the pool.</summary>
    /// <param name="prompt">Text to continue; empty: a line break, or the vocabulary's first token.</param>
    /// <param name="options">How to draw; null: the defaults.</param>
    /// <param name="cancellation">Asks to stop before the next token.</param>
    /// <returns>Pieces, as soon as they are certain.</returns>
    /// <exception cref="BadInputException">The prompt holds what the tokenizer does not know.</exception>
    /// <exception cref="ConfigurationException">The options break a rule.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public async IAsyncEnumerable<string> GenerateAsync(
        string prompt, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (GeneratedText piece in GenerateAsync([prompt], options, cancellation).ConfigureAwait(false))
        {
            if (piece.Text.Length > 0)
            {
                yield return piece.Text;
            }
        }
    }

    /// <summary>The continuations of several prompts at once, computed on threads of the pool.</summary>
    /// <param name="prompts">Texts to continue, at least one.</param>
    /// <param name="options">How to draw; null: the defaults.</param>
    /// <param name="cancellation">Asks to stop before the next token.</param>
    /// <returns>Pieces of all texts, as soon as they are certain; of each text the last has an <see cref="GeneratedText.End"/>.</returns>
    /// <exception cref="BadInputException">A prompt holds what the tokenizer does not know.</exception>
    /// <exception cref="ConfigurationException">The options break a rule.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public async IAsyncEnumerable<GeneratedText> GenerateAsync(
        IReadOnlyList<string> prompts, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using IEnumerator<GeneratedText> pieces = Generate(prompts, options, cancellation).GetEnumerator();
        while (await Task.Run(pieces.MoveNext, CancellationToken.None).ConfigureAwait(false))
        {
            yield return pieces.Current;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sessions.Dispose();
        _run?.Dispose();
    }

    private IEnumerable<GeneratedText> Pieces(TokenStream stream, int[][] prompts, GenerationOptions options, CancellationToken cancellation)
    {
        TextPieces[] pieces = [.. prompts.Select(_ => new TextPieces(_tokenizer, options.Stop))];
        var ends = new GenerationEnd?[prompts.Length];
        foreach ((int sequence, int token) in stream.Continue(prompts, options, occasion: 0, cancellation))
        {
            string text = token < 0 ? pieces[sequence].Rest() : pieces[sequence].Add(token);
            if (pieces[sequence].Stopped)
            {
                stream.End(sequence, GenerationEnd.Stop);
                ends[sequence] = GenerationEnd.Stop;
            }
            else if (token < 0)
            {
                ends[sequence] = GenerationEnd.EndOfText;
            }

            if (text.Length > 0 || ends[sequence] is not null)
            {
                yield return new GeneratedText(sequence, text, ends[sequence]);
            }
        }

        for (int sequence = 0; sequence < prompts.Length; sequence++)
        {
            if (ends[sequence] is null)
            {
                string rest = pieces[sequence].Rest();
                yield return new GeneratedText(sequence, rest, pieces[sequence].Stopped ? GenerationEnd.Stop : GenerationEnd.Length);
            }
        }
    }
}
