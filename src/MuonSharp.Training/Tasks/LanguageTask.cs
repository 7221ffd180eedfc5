using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A language model on a text: it learns which token comes next.</summary>
/// <remarks>Evaluates to <c>val_loss</c>, the mean cross-entropy in nats per token over the held-out end of the text, and <c>bits_per_byte</c>.</remarks>
public sealed class LanguageTask : ITrainingTask
{
    private readonly WorkerTeam _team;
    private readonly LanguageTaskOptions _options;
    private readonly LanguageProgram _program;
    private readonly TokenBatches _batches;
    private readonly int[] _prompt;
    private string? _weights;
    private TaskProfile? _profile;

    private LanguageTask(TextData data, WorkerTeam team, LanguageModel model, LanguageTaskOptions options)
    {
        (Data, _team, Model, _options) = (data, team, model, options);
        _prompt = TextPieces.Prompt(data.Tokenizer, options.Prompt);
        _batches = new TokenBatches(data.Training, model.Config.Context, options.Seed);
        _program = model.Program(options.Batch, model.Config.Context, training: true);
        Files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [TokenizerFile.Name] = TokenizerFile.ToBytes(data.Tokenizer) };
    }

    /// <summary>The text as tokens, and its tokenizer.</summary>
    public TextData Data { get; }

    /// <summary>The model.</summary>
    public LanguageModel Model { get; }

    /// <inheritdoc/>
    public ParameterStore Parameters => Model.Parameters;

    /// <inheritdoc/>
    public IReadOnlyList<AttentionHeads> AttentionHeads => Model.AttentionHeads;

    /// <inheritdoc/>
    public WorkerTeam Team => _team;

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
            $"{Data.Source}: {Data.Training.Length} tokens to train on, {Data.Validation.Length} held out, {Data.Tokenizer.VocabularySize} different ones ({Data.Tokenizer.Kind})")),
        .. _weights is null ? Array.Empty<(string, string)>() : [("weights", _weights)],
    ];

    /// <inheritdoc/>
    public string DataIdentity => Data.Sha256;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<float> MaximumLogits => _program.MaximumLogits;

    /// <inheritdoc/>
    public MemoryPlan MemoryPlan => _program.MemoryPlan;

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
        return Create(data, WithVocabulary(model, tokenizer), options);
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
        using SourceRun? source = tokenizer is null ? SourceRun.Open(config) : null;
        config = source?.Merge(config) ?? config;
        TextData data = TextData.Load(config, tokenizer ?? source?.Tokenizer);
        LanguageTask task = Create(data, LanguageModelConfigs.Create(config.Model, data.Tokenizer), LanguageTaskOptions.Of(config));
        try
        {
            task._weights = source?.Load(task.Parameters);
            return task;
        }
        catch
        {
            task.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public double Run(long step, int microBatch, float gradientScale)
    {
        int firstSample = microBatch * _program.Batch;
        long start = TaskProfile.Now(_profile);
        _batches.Fill(step, firstSample, _program.Inputs, _program.Targets);
        _profile?.AddData(start);
        (_program.Step, _program.FirstSample, _program.GradientScale) = ((ulong)step, (uint)firstSample, gradientScale);
        double loss = _program.Forward();
        _program.Backward();
        return loss;
    }

    /// <inheritdoc/>
    public Evaluation? Evaluate(CancellationToken cancellation) => Data.Validation.Length < 2
        ? null
        : HeldOutLoss.Measure(Model, Data.Tokenizer, Data.Validation.Span, _options.EvaluationBatch, cancellation).ToEvaluation();

    /// <inheritdoc/>
    public TrainingSample? Sample(long step, CancellationToken cancellation)
    {
        TokenStream stream = new(Model, Data.Tokenizer.VocabularySize);
        IEnumerable<int> tokens = stream.Continue(_prompt, _options.Sample with { Seed = _options.Seed }, occasion: step, cancellation);
        return new TrainingSample(string.Concat(TextPieces.Of(Data.Tokenizer, tokens)), _options.Prompt);
    }

    /// <inheritdoc/>
    public TaskProfile StartProfile() => _profile = new TaskProfile(_program.StartProfile());

    /// <summary>Frees the model and the threads.</summary>
    public void Dispose()
    {
        Model.Dispose();
        _team.Dispose();
    }

    private static LanguageTask Create(TextData data, LanguageModelConfig model, LanguageTaskOptions options)
    {
        WorkerTeam team = new(options.Threads);
        LanguageModel? made = null;
        try
        {
            made = new LanguageModel(model, options.Seed, team) { RecomputesBlocks = options.Recompute };
            return new LanguageTask(data, team, made, options);
        }
        catch
        {
            made?.Dispose();
            team.Dispose();
            throw;
        }
    }

    private static LanguageModelConfig WithVocabulary(LanguageModelConfig model, ITokenizer tokenizer) =>
        model.Vocabulary >= tokenizer.VocabularySize ? model
        : model.Vocabulary == 0 ? model with { Vocabulary = tokenizer.VocabularySize }
        : throw new BadInputException(
            $"[model] the vocabulary must be 0 or at least the {tokenizer.VocabularySize} of the tokenizer; {model.Vocabulary} came");
}

/// <summary>How a <see cref="LanguageTask"/> draws, evaluates and samples.</summary>
public sealed record LanguageTaskOptions
{
    /// <summary>Sequences of the context's length in a micro-batch.</summary>
    public int Batch { get; init; } = 12;

    /// <summary>Seed of everything random: initial weights, batches, dropout, samples of text.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>Threads that compute. 0: one per core. The number changes no bit of the result.</summary>
    public int Threads { get; init; }

    /// <summary>Whether the backward run computes each block's activations again instead of keeping them.</summary>
    public bool Recompute { get; init; }

    /// <summary>Share of the tokens, at the end of the text, that is held out for evaluation; from 0 up to but not including 1.</summary>
    public double ValidationShare { get; init; } = 0.1;

    /// <summary>Windows evaluated at once: memory and speed, not the result's meaning.</summary>
    public int EvaluationBatch { get; init; } = 32;

    /// <summary>Text that samples continue; empty: a line break, or the vocabulary's first token.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>How samples are drawn; their seed is <see cref="Seed"/>.</summary>
    public GenerationOptions Sample { get; init; } = new() { Tokens = 200 };

    /// <summary>What messages call the text.</summary>
    public string Source { get; init; } = "the text";

    /// <summary>The options that a configuration says.</summary>
    internal static LanguageTaskOptions Of(TrainingConfig config) => new()
    {
        Batch = config.Train.Batch,
        Seed = config.Train.Seed,
        Threads = config.Train.Threads ?? 0,
        Recompute = config.Train.Recompute,
        ValidationShare = config.Data.ValidationShare,
        EvaluationBatch = config.Evaluate.Batch,
        Prompt = config.Sample.Prompt,
        Sample = new GenerationOptions
        {
            Tokens = config.Sample.Tokens,
            Temperature = config.Sample.Temperature,
            TopK = config.Sample.TopK ?? 0,
            TopP = config.Sample.TopP,
        },
    };
}
