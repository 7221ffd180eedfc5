using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A language model on a text: it learns which token comes next.</summary>
/// <remarks>
/// Evaluates to <c>val_loss</c>, the mean cross-entropy in nats per token over the held-out tokens, and <c>bits_per_byte</c> where a tokenizer knows their bytes.
/// The text may be anything that is a row of tokens: see <see cref="ITokenSource"/>.
/// </remarks>
public sealed class LanguageTask : ITrainingTask
{
    private readonly bool _ownsModel;
    private readonly LanguageTaskOptions _options;
    private readonly LanguageProgram _program;
    private readonly TokenBatches _batches;
    private readonly int[] _prompt;
    private string? _weights;
    private IReadOnlyList<string> _dataNotes = [];
    private IReadOnlyDictionary<string, ReadOnlyMemory<byte>> _unrepeatable = NoFiles.Instance;
    private TaskProfile? _profile;

    /// <summary>The task of tokens of one's own. The model stays the caller's.</summary>
    /// <param name="model">The model; not owned. It knows all tokens of the sources.</param>
    /// <param name="training">The tokens to train on, at least the context and one more.</param>
    /// <param name="heldOut">The tokens to evaluate on, at least two; null: nothing is evaluated.</param>
    /// <param name="tokenizer">What the tokens mean; null: no samples are written, and no bits per byte.</param>
    /// <param name="options">Batch, seed, and the like; null: the defaults. Threads, recomputation and the held-out share are matters of the model and the sources here.</param>
    /// <exception cref="ArgumentException">There are too few tokens, or the tokenizer has tokens that the model does not know.</exception>
    public LanguageTask(LanguageModel model, ITokenSource training, ITokenSource? heldOut = null, ITokenizer? tokenizer = null, LanguageTaskOptions? options = null)
        : this(model, training, heldOut, tokenizer, options ?? new(), ownsModel: false)
    {
        if (heldOut is { Length: < 2 } || tokenizer?.VocabularySize > model.Config.Vocabulary)
        {
            throw new ArgumentException(heldOut is { Length: < 2 }
                ? $"[data] the tokens held out must be at least 2; {heldOut.Length} came"
                : $"[model] the vocabulary must be at least the {tokenizer!.VocabularySize} of the tokenizer; {model.Config.Vocabulary} came");
        }
    }

    private LanguageTask(LanguageModel model, ITokenSource training, ITokenSource? heldOut, ITokenizer? tokenizer, LanguageTaskOptions options, bool ownsModel)
    {
        (Model, Training, HeldOut, Tokenizer, _options, _ownsModel) = (model, training, heldOut, tokenizer, options, ownsModel);
        ISequenceSampler sampler = options.Sampler ?? new RandomWindows(options.Seed);
        _prompt = tokenizer is null ? [] : TextPieces.Prompt(tokenizer, options.Prompt, options.Sample.PlainPrompt, name: "sample.prompt");
        _batches = new TokenBatches(training, sampler, model.Config.Context, model.Config.Vocabulary);
        _program = model.Program(options.Batch, model.Config.Context, training: true);
        DataIdentity = $"{training.Identity}, held out {heldOut?.Identity ?? "none"}, {sampler.Identity}";
        Files = tokenizer is null ? NoFiles.Instance : OfTokenizer(TokenizerFile.ToBytes(tokenizer));
    }

    /// <summary>The tokens to train on.</summary>
    public ITokenSource Training { get; }

    /// <summary>The tokens that it is evaluated on; null: none.</summary>
    public ITokenSource? HeldOut { get; }

    /// <summary>What the tokens mean; null where nobody said.</summary>
    public ITokenizer? Tokenizer { get; }

    /// <summary>What messages call the text.</summary>
    public string Source => _options.Source;

    /// <summary>The model.</summary>
    public LanguageModel Model { get; }

    /// <inheritdoc/>
    public ParameterStore Parameters => Model.Parameters;

    /// <inheritdoc/>
    public IReadOnlyList<AttentionHeads> AttentionHeads => Model.AttentionHeads;

    /// <inheritdoc/>
    public WorkerTeam Team => Model.Model.Team;

    /// <inheritdoc/>
    public string Kind => "language";

    /// <inheritdoc/>
    public string Unit => "tokens";

    /// <inheritdoc/>
    public long UnitsPerMicroBatch => (long)_program.Batch * _program.Time;

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, string Value)> Facts =>
    [
        ("data", FormattableString.Invariant(
            $"{Source}: {Training.Length} tokens to train on, {HeldOut?.Length ?? 0} held out, {Tokenizer?.VocabularySize ?? Model.Config.Vocabulary} different ones")
            + (Tokenizer is null ? "" : $" ({Tokenizer.Kind})")),
        .. _weights is null ? Array.Empty<(string, string)>() : [("weights", _weights)],
    ];

    /// <inheritdoc/>
    public string DataIdentity { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; private set; }

    /// <inheritdoc/>
    public ReadOnlySpan<float> MaximumLogits => _program.MaximumLogits;

    /// <inheritdoc/>
    public MemoryPlan MemoryPlan => _program.MemoryPlan;

    /// <inheritdoc/>
    public double? FlopsPerMicroBatch => _program.Flops;

    /// <summary>The task of a text that is in memory, with any tokenizer.</summary>
    /// <param name="text">The text; its end is held out.</param>
    /// <param name="tokenizer">Turns the text into tokens.</param>
    /// <param name="model">The model; a vocabulary of 0 stands for the tokenizer's, a greater one than that is allowed.</param>
    /// <param name="options">Batch, seed, and the like; null: the defaults.</param>
    /// <exception cref="BadInputException">The text is too short for the model's context, or the model knows fewer tokens than the tokenizer.</exception>
    /// <exception cref="ArgumentException">The model breaks rules.</exception>
    public static LanguageTask FromText(string text, ITokenizer tokenizer, LanguageModelConfig model, LanguageTaskOptions? options = null)
    {
        options ??= new();
        TextData data = TextData.FromText(text, options.Source, tokenizer, new TextSplit(model.Context, options.ValidationShare, NeedsValidation: false));
        string identity = options.Sampler is { } sampler ? $"{data.Sha256}, {sampler.Identity}" : data.Sha256;
        return Create(data, WithVocabulary(model, tokenizer), options, identity);
    }

    /// <summary>The task that a configuration describes.</summary>
    /// <param name="config">A sound configuration.</param>
    /// <param name="tokenizer">
    /// Tokenizer of a run that goes on, whose weights are still to be loaded. Null: the task is at its start, with the weights and the tokenizer of
    /// <c>train.from</c> where that is set, else with weights drawn and a tokenizer fitted to the text.
    /// </param>
    /// <exception cref="BadInputException">The text cannot be used, or the sample's prompt holds a character that it lacks.</exception>
    /// <exception cref="InvalidFileException">The weights to begin with cannot be read.</exception>
    public static LanguageTask Create(TrainingConfig config, ITokenizer? tokenizer = null)
    {
        using WeightSource? source = tokenizer is null ? WeightSource.Open(config) : null;
        config = source?.Merge(config) ?? config;
        TextData data = TextData.Load(config, tokenizer ?? source?.Tokenizer);
        LanguageTask task = Create(data, LanguageModelConfigs.Create(config.Model, data.Tokenizer), LanguageTaskOptions.Of(config), data.Sha256);
        try
        {
            task._weights = source?.Load(task.Model);
            return task;
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    /// <summary>The files that the texts were made of; null where they are no files.</summary>
    internal (DataFiles? Training, DataFiles? Validation) DataFiles { get; private init; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Advice(long unitsPerStep, long steps) => [.. _dataNotes, .. Overfitting.Advice(Training.Length, unitsPerStep, steps)];

    /// <summary>Texts as UTF-8, for the run folder to keep, that cannot be read a second time, by name; handed out once, so that they do not stay in memory.</summary>
    internal IReadOnlyDictionary<string, ReadOnlyMemory<byte>> TakeUnrepeatable()
    {
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> texts = _unrepeatable;
        _unrepeatable = NoFiles.Instance;
        return texts;
    }

    /// <summary>The task of a run that goes on, or of one at its start.</summary>
    internal static LanguageTask Create(TrainingConfig config, StoredTokenizer? stored)
    {
        LanguageTask task = Create(config, stored?.Tokenizer);
        task.Files = stored is null ? task.Files : OfTokenizer(stored.Bytes);
        return task;
    }

    /// <inheritdoc/>
    public void AfterStep(bool skipped) => Model.Model.AfterStep(skipped);

    /// <inheritdoc/>
    public IReadOnlyList<Memory<long>> StepCounts => Model.Model.StepCounts;

    /// <inheritdoc/>
    public IReadOnlyList<IRunStatistics> RunStatistics => Model.Model.RunStatistics;

    /// <inheritdoc/>
    public double Run(long step, int microBatch, float gradientScale) => Run(step, microBatch, gradientScale, gradientFinal: null);

    /// <inheritdoc/>
    public double Run(long step, int microBatch, float gradientScale, Action<Parameter>? gradientFinal)
    {
        // Micro-batches of a step follow each other; the factor is one over their number.
        int firstSample = microBatch * _program.Batch;
        long start = TaskProfile.Now(_profile);
        _batches.Fill(step, microBatch, (int)Math.Round(1 / (double)gradientScale), _program.Inputs, _program.Targets);
        _profile?.AddData(start);
        (_program.Step, _program.FirstSample, _program.GradientScale) = ((ulong)step, (uint)firstSample, gradientScale);
        double loss = _program.Forward();
        _program.Backward(gradientFinal);
        return loss;
    }

    /// <inheritdoc/>
    public Evaluation? Evaluate(CancellationToken cancellation) => PartsOfEvaluation(default)?.Measure(cancellation);

    /// <inheritdoc/>
    public EvaluationParts? PartsOfEvaluation(long step) => HeldOut is null or { Length: < 2 } ? null : new HeldOutLoss(Model, Tokenizer, HeldOut, _options.EvaluationBatch).Parts;

    /// <inheritdoc/>
    public TrainingSample? Sample(long step, CancellationToken cancellation)
    {
        if (Tokenizer is null)
        {
            return null;
        }

        TokenStream stream = new(Model, Tokenizer.VocabularySize, _options.Sample.EndOfText ?? EndTokens.Of(Tokenizer));
        IEnumerable<int> tokens = stream.Continue(_prompt, _options.Sample with { Seed = _options.Seed }, occasion: step, cancellation);
        return new TrainingSample(string.Concat(TextPieces.Of(Tokenizer, tokens)), _options.Prompt);
    }

    /// <inheritdoc/>
    public TaskProfile StartProfile() => _profile = new TaskProfile(_program.StartProfile());

    /// <summary>Frees the model and its threads where the task made them itself.</summary>
    public void Dispose()
    {
        if (_ownsModel)
        {
            WorkerTeam team = Team;
            Model.Dispose();
            team.Dispose();
        }
    }

    private static LanguageTask Create(TextData data, LanguageModelConfig model, LanguageTaskOptions options, string identity)
    {
        WorkerTeam team = new(options.Threads);
        LanguageModel? made = null;
        try
        {
            made = new LanguageModel(model, options.Seed, team) { RecomputesBlocks = options.Recompute };
            return new LanguageTask(made, data.Training, data.Validation, data.Tokenizer, options with { Source = data.Source }, ownsModel: true)
            {
                DataIdentity = identity,
                DataFiles = data.Files,
                _dataNotes = data.Notes,
                _unrepeatable = data.Unrepeatable,
            };
        }
        catch
        {
            made?.Dispose();
            team.Dispose();
            throw;
        }
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> OfTokenizer(byte[] file) => new(StringComparer.Ordinal) { [TokenizerFile.Name] = file };

    private static LanguageModelConfig WithVocabulary(LanguageModelConfig model, ITokenizer tokenizer) =>
        model.Vocabulary >= tokenizer.VocabularySize ? model
        : model.Vocabulary == 0 ? model with { Vocabulary = tokenizer.VocabularySize }
        : throw new BadInputException(
            $"[model] the vocabulary must be 0 or at least the {tokenizer.VocabularySize} of the tokenizer; {model.Vocabulary} came");
}
