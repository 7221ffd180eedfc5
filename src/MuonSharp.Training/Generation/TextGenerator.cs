namespace MuonSharp.Training;

/// <summary>Samples text from a trained model, piece by piece.</summary>
public sealed class TextGenerator : IDisposable
{
    private TextGenerator()
    {
    }

    /// <summary>A generator from the newest sound checkpoint of a run.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="threads">Threads that compute. 0: one per core.</param>
    /// <exception cref="BadInputException">The folder holds no run, or no checkpoint.</exception>
    public static TextGenerator FromRun(string runFolder, int threads = 0) => new();

    /// <summary>Number of steps that the model was trained for.</summary>
    public long Step { get; private set; }

    /// <summary>Problems that were met and passed over, one line each: damaged checkpoints newer than the one in use.</summary>
    public IReadOnlyList<string> Notices { get; } = [];

    /// <summary>The continuation of a prompt, in pieces as they are drawn; the prompt itself is not among them.</summary>
    /// <param name="prompt">Text to continue; may be empty.</param>
    /// <param name="options">How to draw; null: the defaults.</param>
    /// <exception cref="BadInputException">The prompt holds what the tokenizer does not know.</exception>
    /// <exception cref="ConfigurationException">The options break a rule.</exception>
    public IEnumerable<string> Generate(string prompt, GenerationOptions? options = null) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
