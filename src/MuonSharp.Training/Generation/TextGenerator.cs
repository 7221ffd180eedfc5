using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Samples text from a trained model, piece by piece.</summary>
public sealed class TextGenerator : IDisposable
{
    private readonly RunModel _run;

    private TokenStream? _stream;

    private TextGenerator(RunModel run) => _run = run;

    /// <summary>Number of steps that the model was trained for.</summary>
    public long Step => _run.Step;

    /// <summary>What a user should know of the checkpoint in use, one line each: damaged newer ones, a much better earlier one.</summary>
    public IReadOnlyList<string> Notices => _run.Notices;

    /// <summary>Whether all logits of the latest text were finite; where they were not, the model has diverged and its text means nothing.</summary>
    public bool LogitsWereFinite => _stream?.Finite ?? true;

    /// <summary>A generator from a checkpoint of a run.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="threads">Threads that compute. 0: one per core.</param>
    /// <param name="checkpoint">Which checkpoint; by default the newest sound one.</param>
    /// <exception cref="BadInputException">The folder's files do not fit each other, there is no checkpoint yet, or not the one that is chosen.</exception>
    /// <exception cref="InvalidFileException">The folder holds no run, or its checkpoint is damaged; of the newest, all are.</exception>
    public static TextGenerator FromRun(string runFolder, int threads = 0, CheckpointChoice checkpoint = default) => new(RunModel.Open(runFolder, threads, checkpoint));

    /// <summary>The continuation of a prompt, in pieces as they are drawn; the prompt itself is not among them.</summary>
    /// <remarks>One text at a time: a generator is not for two threads at once.</remarks>
    /// <param name="prompt">Text to continue; empty: a line break, or the vocabulary's first token.</param>
    /// <param name="options">How to draw; null: the defaults.</param>
    /// <exception cref="BadInputException">The prompt holds what the tokenizer does not know.</exception>
    /// <exception cref="ConfigurationException">The options break a rule.</exception>
    public IEnumerable<string> Generate(string prompt, GenerationOptions? options = null)
    {
        options ??= new();
        IReadOnlyList<string> problems = options.Validate();
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        int[] tokens = TextPieces.Prompt(_run.Tokenizer, options.Unknown == UnknownCharacters.Skip ? _run.Tokenizer.WithoutUnknown(prompt) : prompt);
        _stream = new TokenStream(_run.Model, _run.Tokenizer.VocabularySize, _run.Tokenizer.SpecialTokens.EndOfText);
        return TextPieces.Of(_run.Tokenizer, _stream.Continue(tokens, options, occasion: 0));
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}

/// <summary>How text is drawn from a model.</summary>
public sealed record GenerationOptions
{
    /// <summary>Tokens to generate, 0 or more.</summary>
    public int Tokens { get; init; } = 500;

    /// <summary>Divides the logits; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 0.8;

    /// <summary>Only this many likeliest tokens can be drawn. 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability can be drawn; above 0, at most 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Same seed, same text.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>What becomes of characters of the prompt that the tokenizer does not know.</summary>
    public UnknownCharacters Unknown { get; init; }

    /// <summary>All rules these options break, one line each; empty when they are sound.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> problems = [];
        if (Tokens < 0)
        {
            problems.Add($"[generate] tokens must be 0 or more; {Tokens} came");
        }

        if (!(Temperature >= 0 && double.IsFinite(Temperature)))
        {
            problems.Add($"[generate] temperature must be a number of 0 or more; {Temperature} came");
        }

        if (TopK < 0)
        {
            problems.Add($"[generate] top-k must be 0 (all) or more; {TopK} came");
        }

        if (!(TopP is > 0 and <= 1))
        {
            problems.Add($"[generate] top-p must be above 0 and at most 1; {TopP} came");
        }

        return problems;
    }
}

/// <summary>Tokens to pieces of text, each as soon as its characters are complete.</summary>
internal static class TextPieces
{
    /// <summary>The pieces; bytes that never become a character are U+FFFD.</summary>
    public static IEnumerable<string> Of(ITokenizer tokenizer, IEnumerable<int> tokens)
    {
        TokenDecoder decoder = tokenizer.NewDecoder();
        foreach (int token in tokens)
        {
            string piece = decoder.Add(token);
            if (piece.Length > 0)
            {
                yield return piece;
            }
        }

        string rest = decoder.Flush();
        if (rest.Length > 0)
        {
            yield return rest;
        }
    }

    /// <summary>
    /// The tokens that a text is continued from: the one that begins every text, if there is one, and the prompt's own. For an empty prompt without such a
    /// token: a line break or, where the vocabulary has none, the first token.
    /// </summary>
    public static int[] Prompt(ITokenizer tokenizer, string prompt)
    {
        List<int> tokens = tokenizer.SpecialTokens.Begin is { } begin ? [begin] : [];
        tokenizer.Encode(prompt, tokens);
        return tokens.Count > 0 ? [.. tokens]
            : [Enumerable.Range(0, tokenizer.VocabularySize).FirstOrDefault(token => tokenizer.Decode([token]) == "\n")];
    }
}
