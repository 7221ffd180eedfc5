using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Cli.Bench;

/// <summary>A language model with random weights and its decoding session.</summary>
internal abstract class DecodingCase : BenchCase
{
    private readonly int _tokens;

    protected DecodingCase(string name, WorkerTeam team, LanguageModelConfig model, int sequences, int tokens)
        : this(name, new LanguageModel(model, 1, team, gradients: false), sequences) => _tokens = tokens;

    private DecodingCase(string name, LanguageModel model, int sequences)
        : this(name, model, new DecodingSession(model, sequences))
    {
    }

    private DecodingCase(string name, LanguageModel model, DecodingSession session)
        : base(name, session, model) => (Model, Session) = (model, session);

    protected LanguageModel Model { get; }

    protected DecodingSession Session { get; }

    /// <inheritdoc/>
    public override BenchResult Complete(BenchResult result) => result with { TokensPerSecond = _tokens / result.Milliseconds * 1e3 };

    protected int[] Random(int count) => [.. Enumerable.Range(0, count).Select(i => (int)(new RandomStream(1, "tokens").At(0, 0, i) % (uint)Model.Config.Vocabulary))];
}

/// <summary>One more token of each of some sequences, behind a prompt.</summary>
internal sealed class GenerateCase : DecodingCase
{
    /// <summary>Tokens of each sequence before a call, if the context has room for more than them.</summary>
    public const int Prompt = 64;

    private readonly int[] _next;
    private readonly int _prompt;

    public GenerateCase(string name, WorkerTeam team, LanguageModelConfig model, int sequences)
        : base(name, team, model, sequences, sequences)
    {
        (_next, _prompt) = (Random(sequences), Math.Min(Prompt, model.Context - 1));
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            Session.Append(sequence, Random(_prompt));
        }
    }

    /// <inheritdoc/>
    public override bool ReadsMemory => true;

    /// <summary>The weights that have to be read: all but the tables that give a token a row.</summary>
    public override double Bytes => sizeof(float) * Model.Parameters.Parameters
        .Where(parameter => parameter.Role != ParameterRole.Position && (parameter.Role != ParameterRole.Embedding || Model.Config.TiedHead))
        .Sum(parameter => (double)parameter.Length);

    /// <inheritdoc/>
    public override void Prepare()
    {
        for (int sequence = 0; sequence < _next.Length; sequence++)
        {
            Session.Trim(sequence, _prompt);
        }
    }

    /// <inheritdoc/>
    public override void Run() => Session.Step(_next);
}

/// <summary>A prompt from its first token to the logits behind its last.</summary>
internal sealed class PromptCase : DecodingCase
{
    private readonly int[] _tokens;

    public PromptCase(string name, WorkerTeam team, LanguageModelConfig model, int tokens)
        : base(name, team, model, 1, tokens) => _tokens = Random(tokens);

    /// <summary>Products of all tokens with the blocks' matrices, of those that see each other, and of the last one with the head.</summary>
    public override double Flops
    {
        get
        {
            LanguageModelConfig model = Model.Config;
            double matrices = Model.Parameters.Parameters.Where(parameter => parameter.Role == ParameterRole.Matrix).Sum(parameter => (double)parameter.Length);
            double pairs = _tokens.Length * (_tokens.Length + 1.0) / 2;
            return (2 * _tokens.Length * matrices) + (4 * pairs * model.Layers * model.Heads * model.EffectiveHeadWidth) + (2.0 * model.Vocabulary * model.Width);
        }
    }

    /// <inheritdoc/>
    public override void Prepare() => Session.Trim(0, 0);

    /// <inheritdoc/>
    public override void Run() => Session.Append(0, _tokens);
}

/// <summary>Language models with a cache: tokens drawn, or tokens of a prompt.</summary>
/// <param name="name">First word of the names.</param>
/// <param name="count">What the number behind the model counts.</param>
/// <param name="usual">That number where none is given.</param>
/// <param name="make">Makes a case.</param>
/// <param name="standard">The names that are measured when none are given.</param>
internal sealed class DecodingFamily(
    string name, string count, int usual, Func<string, WorkerTeam, LanguageModelConfig, int, BenchCase> make, string standard) : BenchFamily(
    name, $"{name}-MODEL[-N]", $"{count}; MODEL: {string.Join(", ", StepModel.ByName.Keys)}", standard)
{
    /// <summary>A token of each of N sequences.</summary>
    public static DecodingFamily Generate { get; } = new(
        "generate", $"one token more of each of N sequences (default 1) of {GenerateCase.Prompt} tokens; GB/s of weights", 1,
        static (name, team, model, number) => new GenerateCase(name, team, model, number), "generate-gpt2-124m");

    /// <summary>A prompt of N tokens.</summary>
    public static DecodingFamily Prompt { get; } = new(
        "prompt", "a prompt of N tokens (default 64) to the logits behind it", 64,
        static (name, team, model, number) => new PromptCase(name, team, model, number), "prompt-gpt2-124m-512");

    /// <summary>Most sequences that are continued at once, whose caches have to fit.</summary>
    private const int MostSequences = 64;

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name)
    {
        if (!name.StartsWith(Name + "-", StringComparison.Ordinal))
        {
            return null;
        }

        string text = name[(Name.Length + 1)..];
        int dash = text.LastIndexOf('-');
        int number = usual;
        if (!StepModel.ByName.ContainsKey(text) && dash > 0 && BenchName.Numbers(text[(dash + 1)..]) is [var given])
        {
            (text, number) = (text[..dash], given);
        }

        return StepModel.ByName.TryGetValue(text, out StepModel? step) && number <= Math.Min(step.Model.Context, Name == "generate" ? MostSequences : int.MaxValue)
            ? context => make(name, context.Team, step.Model, number)
            : null;
    }

    /// <inheritdoc/>
    public override string Rule(string name) => Name == "generate"
        ? $"names of this kind are {Pattern}, with a model of the steps and up to {MostSequences} sequences"
        : $"names of this kind are {Pattern}, with a model of the steps and a prompt that fits its context";
}
