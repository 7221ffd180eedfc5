using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Measures the loss of a run's model on a text.</summary>
/// <remarks>Every token but the first is predicted once, in windows of the context's length that do not overlap.</remarks>
public sealed class Evaluator : IDisposable
{
    private readonly RunModel _run;

    private Evaluator(RunModel run) => _run = run;

    /// <summary>Number of steps that a run has trained the model for; null for a model that is stored by itself.</summary>
    public long? Step => _run.Step;

    /// <summary>What a user should know of the checkpoint in use, one line each: damaged newer ones, a much better earlier one.</summary>
    public IReadOnlyList<string> Notices => _run.Notices;

    /// <summary>An evaluator of a checkpoint of a run.</summary>
    /// <param name="runFolder">A run folder.</param>
    /// <param name="threads">Threads that compute. 0: one per core.</param>
    /// <param name="checkpoint">Which checkpoint; by default the newest sound one.</param>
    /// <exception cref="BadInputException">The folder's files do not fit each other, there is no checkpoint yet, or not the one that is chosen.</exception>
    /// <exception cref="InvalidFileException">The folder holds no run, or its checkpoint is damaged; of the newest, all are.</exception>
    public static Evaluator FromRun(string runFolder, int threads = 0, CheckpointChoice checkpoint = default) => new(RunModel.Open(runFolder, threads, checkpoint));

    /// <summary>An evaluator of a model that is stored by itself.</summary>
    /// <param name="path">A folder with <c>config.json</c>, weights and <c>tokenizer.json</c>, or a GGUF file.</param>
    /// <param name="threads">Threads that compute. 0: one per core.</param>
    /// <param name="tokenizer">Instead of its own, or where it has none: <c>byte</c>, <c>gpt2</c>, a <c>tokenizer.json</c> or a folder with one.</param>
    /// <exception cref="InvalidFileException">It is no model that can be computed here, or has no tokenizer.</exception>
    /// <exception cref="BadInputException">The tokenizer that is named is none, or has more tokens than the model.</exception>
    public static Evaluator FromModel(string path, int threads = 0, string? tokenizer = null) => new(RunModel.OpenStored(path, threads, tokenizer));

    /// <summary>The loss on the run's own held-out text.</summary>
    /// <exception cref="BadInputException">It is the model of no run; or the text cannot be read, or is no longer the one the run was trained on.</exception>
    public EvaluationResult EvaluateValidation()
    {
        if (Step is null)
        {
            throw new BadInputException("[evaluate] a model that is stored by itself has no text of its own; name one");
        }

        TextData data = TextData.Load(_run.Config, _run.Tokenizer);
        if (_run.DataSha256 is { } sha256 && data.Sha256 != sha256)
        {
            throw new BadInputException($"[evaluate] {data.Source}: the text must be the one the run was trained on; another one came");
        }

        return Measure(data.Validation, data.Source);
    }

    /// <summary>The loss on a text.</summary>
    /// <param name="files">A UTF-8 text of at least two tokens; a single file is never in memory as a whole.</param>
    /// <param name="unknown">What becomes of characters that the tokenizer does not know.</param>
    /// <exception cref="BadInputException">The text cannot be read, or holds what the tokenizer does not know.</exception>
    public EvaluationResult EvaluateFile(DataFiles files, UnknownCharacters unknown = UnknownCharacters.Refuse)
    {
        UnknownCounts counts = new();
        if (files.Paths is [var path] && !Directory.Exists(path) && !FileSearch.IsPattern(path))
        {
            return Measure(new MemoryTokens(_run.Tokenizer.EncodeFile(path, unknown, counts, canSkip: true)), files.ToString()) with { UnknownCharacters = counts.Total };
        }

        JoinedText joined = JoinedText.Read(files);
        string text = unknown == UnknownCharacters.Skip ? _run.Tokenizer.WithoutUnknown(joined.Text, counts) : joined.Text;
        return Measure(new MemoryTokens(_run.Tokenizer.Encode(text, joined.Source, canSkip: true)), joined.Source) with { UnknownCharacters = counts.Total };
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();

    private EvaluationResult Measure(ITokenSource tokens, string source) => tokens.Length >= 2
        ? new HeldOutLoss(_run.Model, _run.Tokenizer, tokens, _run.Config.Evaluate.Batch).Measure()
        : throw new BadInputException($"[evaluate] {source}: the text must hold at least 2 tokens; {tokens.Length} came");
}

/// <summary>How well a model predicts a text.</summary>
/// <param name="Loss">Mean cross-entropy in nats per predicted token.</param>
/// <param name="Tokens">Tokens predicted: all of the text but the first.</param>
/// <param name="Bytes">UTF-8 bytes of the predicted tokens; 0 where there is no tokenizer that knows them.</param>
public sealed record EvaluationResult(double Loss, long Tokens, long Bytes)
{
    /// <summary>Characters that were left out because the tokenizer does not know them.</summary>
    public long UnknownCharacters { get; init; }

    /// <summary>Bits per byte of text: comparable between tokenizers.</summary>
    public double BitsPerByte => Loss * Tokens / Math.Log(2) / Bytes;

    /// <summary>The same as named numbers, of which the loss decides.</summary>
    internal Evaluation ToEvaluation()
    {
        EvaluationNumber loss = new("val_loss", Loss);
        return Bytes == 0 ? new(loss) : new(loss, new EvaluationNumber("bits_per_byte", BitsPerByte));
    }
}
