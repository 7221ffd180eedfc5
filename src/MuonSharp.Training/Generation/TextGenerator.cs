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

    /// <summary>Problems that were met and passed over, one line each: damaged checkpoints newer than the one in use.</summary>
    public IReadOnlyList<string> Notices => _run.Notices;

    /// <summary>Whether all logits of the latest text were finite; where they were not, the model has diverged and its text means nothing.</summary>
    public bool LogitsWereFinite => _stream?.Finite ?? true;

    /// <summary>A generator from the newest sound checkpoint of a run.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="threads">Threads that compute. 0: one per core.</param>
    /// <exception cref="BadInputException">The folder's files do not fit each other, or there is no checkpoint yet.</exception>
    /// <exception cref="InvalidFileException">The folder holds no run, or all of its checkpoints are damaged.</exception>
    public static TextGenerator FromRun(string runFolder, int threads = 0) => new(RunModel.Open(runFolder, threads));

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

        int[] tokens = TextPieces.Prompt(_run.Tokenizer, prompt);
        _stream = new TokenStream(_run.Model, _run.Tokenizer.VocabularySize);
        return TextPieces.Of(_run.Tokenizer, _stream.Continue(tokens, options, occasion: 0));
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();
}
