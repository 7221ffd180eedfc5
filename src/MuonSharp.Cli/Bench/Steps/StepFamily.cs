using System.Diagnostics;
using MuonSharp.Experiments;
using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>Whole training steps on random tokens.</summary>
internal sealed class StepCase : BenchCase
{
    private readonly SyntheticTraining _training;
    private readonly string _optimizer;
    private readonly List<SyntheticStep> _steps = [];
    private readonly List<double> _forwardBackward = [];
    private readonly List<double> _optimizers = [];
    private readonly List<double> _shares = [];
    private double? _flops;

    public StepCase(string name, WorkerTeam team, StepModel model, OptimizerChoice optimizer)
        : this(name, new SyntheticTraining(model.Model, model.Batch, model.Time, optimizer, team, model.Recomputes), optimizer.Label)
    {
    }

    private StepCase(string name, SyntheticTraining training, string optimizer)
        : base(name, training) => (_training, _optimizer) = (training, optimizer);

    /// <summary>What the operations say of themselves, and the orthogonalizations.</summary>
    public override double Flops => _flops ??= _training.OptimizerFlops + Operations();

    /// <inheritdoc/>
    public override void Start() => _steps.Clear();

    /// <inheritdoc/>
    public override void Prepare() => _training.Draw();

    /// <inheritdoc/>
    public override void Run() => _steps.Add(_training.Step());

    /// <inheritdoc/>
    public override void EndRound(double peak)
    {
        double milliseconds = BenchRunner.Median([.. _steps.Select(step => step.ForwardBackward.TotalMilliseconds)]);
        _forwardBackward.Add(milliseconds);
        _shares.Add(_training.ModelFlops / milliseconds / 1e6 / peak);
        _optimizers.Add(BenchRunner.Median([.. _steps.Select(step => step.Optimizer.TotalMilliseconds)]));
        _steps.Clear();
    }

    /// <inheritdoc/>
    public override BenchResult Complete(BenchResult result)
    {
        using var process = Process.GetCurrentProcess();
        return result with
        {
            TokensPerSecond = _training.Tokens / result.Milliseconds * 1e3,
            Optimizer = _optimizer,
            OptimizerMilliseconds = BenchRunner.Median([.. _optimizers]),
            ForwardBackwardMilliseconds = BenchRunner.Median([.. _forwardBackward]),
            ForwardBackwardShareOfPeak = Math.Min(1, BenchRunner.Median([.. _shares])),
            NeededBytes = _training.NeededBytes,
            PeakMemoryBytes = process.PeakWorkingSet64,
        };
    }

    /// <summary>The last call of the warm-up, or one more: a step with the clock running, to be asked what it did.</summary>
    private double Operations()
    {
        TapeProfile profile = _training.StartProfile();
        _training.Step();
        _training.StopProfile();
        return profile.Operations().Sum(operation => operation.Work.Flops);
    }
}

/// <summary>Whole training steps.</summary>
internal sealed class StepFamily() : BenchFamily(
    "step",
    "step-MODEL[-BxT][:recompute]",
    $"a training step on B sequences of T tokens; MODEL: {string.Join(", ", StepModel.ByName.Keys)}, or LxHxW: layers, heads, width of a character model",
    "step-nanogpt-cpu",
    "step-nanogpt-384",
    "step-gpt2-124m",
    "step-gpt2-124m-1x1024")
{
    /// <summary>More than any optimizer's state would fit beside.</summary>
    private const long MostParameters = 1L << 31;

    private const long MostTokens = 1 << 20;

    private const string Recompute = ":recompute";

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name)
    {
        if (!name.StartsWith(Name + "-", StringComparison.Ordinal))
        {
            return null;
        }

        (string? text, int[]? batch, bool recomputes) = Parts(name);
        return Model(text, batch) is { } model && IsSound(model)
            ? context => new StepCase(name, context.Team, model with { Recomputes = recomputes }, context.Optimizer)
            : null;
    }

    /// <inheritdoc/>
    public override string Rule(string name)
    {
        (string? text, int[]? batch, bool _) = Parts(name);
        bool own = BenchName.Numbers(text) is [_, _, _];
        if (text.Split(':') is [var plain, var variant] && (StepModel.ByName.ContainsKey(Split(plain).Model) || BenchName.Numbers(Split(plain).Model) is [_, _, _]))
        {
            return $"what follows the colon must be {Recompute[1..]}; '{variant}' came";
        }

        if (!own && !StepModel.ByName.ContainsKey(text))
        {
            return $"the model must be one of {string.Join(", ", StepModel.ByName.Keys)}, or LxHxW with -BxT behind it (layers, heads, width; sequences, tokens); '{text}' came";
        }

        // Without a batch, what is wrong with the sizes is said all the same.
        StepModel model = Model(text, batch ?? (own ? [1, 1] : null))!;
        return model.Model.Problems() is [var problem, ..] ? problem
            : batch is null ? $"a model of one's own sizes needs sequences and tokens behind it: {name}-BxT"
            : model.Time > model.Model.Context ? $"the model sees {model.Model.Context} tokens at once; {model.Time} came"
            : $"a step must have at most {MostTokens} tokens and a model fewer than {MostParameters} weights";
    }

    /// <summary>What a name of the family is made of.</summary>
    private (string Model, int[]? Batch, bool Recomputes) Parts(string name)
    {
        bool recomputes = name.EndsWith(Recompute, StringComparison.Ordinal);
        (string? text, int[]? batch) = Split(name[(Name.Length + 1)..^(recomputes ? Recompute.Length : 0)]);
        return (text, batch, recomputes);
    }

    /// <summary>The model's name, and the batch behind it if there is one.</summary>
    private static (string Model, int[]? Batch) Split(string text)
    {
        int dash = text.LastIndexOf('-');
        return dash > 0 && BenchName.Numbers(text[(dash + 1)..]) is [_, _] batch ? (text[..dash], batch) : (text, null);
    }

    private static StepModel? Model(string text, int[]? batch)
    {
        if (StepModel.ByName.TryGetValue(text, out StepModel? named))
        {
            return batch is null ? named : named with { Batch = batch[0], Time = batch[1] };
        }

        return batch is not null && BenchName.Numbers(text) is [var layers, var heads, var width]
            ? new StepModel(StepModel.Character(layers, heads, width, batch[1]), batch[0], batch[1])
            : null;
    }

    private static bool IsSound(StepModel model) => model.Model.Problems().Count == 0
        && model.Time <= model.Model.Context
        && (long)model.Batch * model.Time <= MostTokens
        && Parameters(model.Model) < MostParameters;

    private static double Parameters(LanguageModelConfig model) => ((12.0 * model.Layers * model.Width) + model.Vocabulary + model.Context) * model.Width;
}

/// <summary>The models of the training steps: GPT-2's form, without dropout.</summary>
/// <param name="Model">The shape; the context is the longest that is asked for.</param>
/// <param name="Batch">Sequences when none are named.</param>
/// <param name="Time">Tokens of a sequence when none are named.</param>
internal sealed record StepModel(LanguageModelConfig Model, int Batch, int Time)
{
    private const int Characters = 65;
    private const int Gpt2Vocabulary = 50257;

    /// <summary>Whether the backward run computes each block's activations again instead of having them kept.</summary>
    public bool Recomputes { get; init; }

    /// <summary>By name. Sizes of the first three: nanoGPT's settings for a character model on a processor and on a GPU, and a quarter of the latter's batch.</summary>
    public static IReadOnlyDictionary<string, StepModel> ByName { get; } = new Dictionary<string, StepModel>(StringComparer.Ordinal)
    {
        ["nanogpt-cpu"] = new(Character(4, 4, 128, 64), 12, 64),
        ["nanogpt-384"] = new(Character(6, 6, 384, 256), 8, 256),
        ["nanogpt"] = new(Character(6, 6, 384, 256), 64, 256),
        ["gpt2-124m"] = new(Gpt2, 4, 64),
    };

    private static LanguageModelConfig Gpt2 => new()
    {
        Vocabulary = Gpt2Vocabulary,
        Layers = 12,
        Heads = 12,
        Width = 768,
        Context = 1024,
        Activation = Activation.GeluTanh,
        Biases = true,
    };

    /// <summary>A character model as nanoGPT makes it: learned positions, tied head, no biases, erf GELU.</summary>
    public static LanguageModelConfig Character(int layers, int heads, int width, int context) =>
        new() { Vocabulary = Characters, Layers = layers, Heads = heads, Width = width, Context = context };
}
