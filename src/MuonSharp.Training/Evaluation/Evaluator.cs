namespace MuonSharp.Training;

/// <summary>Measures the loss of a run's model on a text.</summary>
public sealed class Evaluator : IDisposable
{
    private Evaluator()
    {
    }

    /// <summary>An evaluator of the newest sound checkpoint of a run.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="threads">Threads that compute. 0: one per core.</param>
    /// <exception cref="BadInputException">The folder holds no run, or no checkpoint.</exception>
    public static Evaluator FromRun(string runFolder, int threads = 0) => new();

    /// <summary>Number of steps that the model was trained for.</summary>
    public long Step { get; private set; }

    /// <summary>Problems that were met and passed over, one line each: damaged checkpoints newer than the one in use.</summary>
    public IReadOnlyList<string> Notices { get; } = [];

    /// <summary>The loss on the run's own held-out text.</summary>
    public EvaluationResult EvaluateValidation() => throw new NotSupportedException();

    /// <summary>The loss on a text file.</summary>
    /// <param name="path">A UTF-8 text.</param>
    /// <exception cref="BadInputException">The file cannot be read, or holds what the tokenizer does not know.</exception>
    public EvaluationResult EvaluateFile(string path) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
