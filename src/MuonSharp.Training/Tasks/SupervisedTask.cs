using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A network of one's own on arrays of one's own: inputs, targets, a loss.</summary>
/// <remarks>
/// <para>Rows are drawn in shuffled epochs, by (seed, step, row): a resumed run draws what one that never stopped would have drawn.</para>
/// <para>Evaluates to <c>val_loss</c>, the mean loss over the held-out rows, and <c>accuracy</c> where an answer is right or wrong.</para>
/// <para>The model stays the caller's: disposing of the task frees its tapes alone.</para>
/// </remarks>
public sealed class SupervisedTask : ITrainingTask
{
    private const int NumbersOfPart = 4;

    private readonly Model _model;
    private readonly SupervisedData _data;
    private readonly SupervisedData? _heldOut;
    private readonly SupervisedTaskOptions _options;
    private readonly Func<Tape, SupervisedInput, Tensor> _network;
    private readonly Objective _objective;
    private readonly EpochOrder _order;
    private readonly SupervisedProgram _training;
    private readonly Dictionary<int, SupervisedProgram> _evaluating = [];
    private TaskProfile? _profile;

    /// <summary>The task of a network that reads rows of numbers.</summary>
    /// <param name="model">The parameters of the network; not owned.</param>
    /// <param name="data">What to train on.</param>
    /// <param name="network">Records the network: from [rows, columns] to its output. It is called once for each size of a batch.</param>
    /// <param name="objective">The loss.</param>
    /// <param name="heldOut">What to evaluate on; null: nothing is evaluated.</param>
    /// <param name="options">Batch and seed; null: the defaults.</param>
    /// <exception cref="ArgumentException">Data, network and objective do not fit together, or a number of the data is not finite; the message says in which row.</exception>
    public SupervisedTask(
        Model model, SupervisedData data, Func<Tape, Tensor, Tensor> network, Objective objective, SupervisedData? heldOut = null, SupervisedTaskOptions? options = null)
        : this(model, data, (tape, input) => network(tape, input.Numbers!), objective, heldOut, options, tokens: false)
    {
    }

    /// <summary>The task of a network that reads rows of tokens.</summary>
    /// <param name="model">The parameters of the network; not owned.</param>
    /// <param name="data">What to train on.</param>
    /// <param name="network">Records the network: from rows·count tokens to its output, a row for each row of tokens.</param>
    /// <param name="objective">The loss.</param>
    /// <param name="heldOut">What to evaluate on; null: nothing is evaluated.</param>
    /// <param name="options">Batch and seed; null: the defaults.</param>
    /// <exception cref="ArgumentException">Data, network and objective do not fit together, or a number of the data is not finite; the message says in which row.</exception>
    public SupervisedTask(
        Model model, SupervisedData data, Func<Tape, TokenBuffer, Tensor> network, Objective objective, SupervisedData? heldOut = null, SupervisedTaskOptions? options = null)
        : this(model, data, (tape, input) => network(tape, input.Tokens!), objective, heldOut, options, tokens: true)
    {
    }

    private SupervisedTask(
        Model model,
        SupervisedData data,
        Func<Tape, SupervisedInput, Tensor> network,
        Objective objective,
        SupervisedData? heldOut,
        SupervisedTaskOptions? options,
        bool tokens)
    {
        _options = options ?? new();
        Require(_options.Batch >= 1 && _options.EvaluationBatch >= 1, $"a batch has a row or more; {_options.Batch} and {_options.EvaluationBatch} came");
        Require(data.HasTokens == tokens, $"a network of {(tokens ? "tokens" : "numbers")} needs rows of them; the inputs are {(data.HasTokens ? "tokens" : "numbers")}");
        Require(
            data.HasClasses == objective.NeedsClasses,
            $"the objective compares with {(objective.NeedsClasses ? "classes" : "numbers")}; the targets are {(data.HasClasses ? "classes" : "numbers")}");
        Require(
            heldOut is null || (heldOut.HasTokens, heldOut.HasClasses, heldOut.InputColumns, heldOut.TargetColumns)
                == (data.HasTokens, data.HasClasses, data.InputColumns, data.TargetColumns),
            "held-out rows are like those to train on; they differ in kind or columns");
        string? broken = data.NotFinite() ?? (heldOut?.NotFinite() is { } problem ? $"held-out {problem}" : null);
        Require(broken is null, broken ?? "");
        (_model, _data, _network, _objective, _heldOut) = (model, data, network, objective, heldOut);
        _order = new EpochOrder(data.Rows, _options.Seed);
        _training = new SupervisedProgram(model, network, objective, data, _options.Batch, training: true);
        DataIdentity = $"{objective.Name}, seed {_options.Seed}, {data.Hash()}{(heldOut is null ? "" : ", held out " + heldOut.Hash())}";
    }

    /// <inheritdoc/>
    public ParameterStore Parameters => _model.Parameters;

    /// <inheritdoc/>
    public WorkerTeam Team => _model.Team;

    /// <inheritdoc/>
    public string Kind => _objective.Kind;

    /// <inheritdoc/>
    public string Unit => "samples";

    /// <inheritdoc/>
    public long UnitsPerMicroBatch => _options.Batch;

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, string Value)> Facts =>
    [
        ("data", FormattableString.Invariant($"{_data.Rows} rows of {_data.InputColumns} to train on, {_heldOut?.Rows ?? 0} held out")),
    ];

    /// <inheritdoc/>
    public string DataIdentity { get; }

    /// <inheritdoc/>
    public MemoryPlan MemoryPlan => _training.MemoryPlan;

    /// <inheritdoc/>
    public double? FlopsPerMicroBatch => _training.Flops;

    /// <inheritdoc/>
    public IReadOnlyList<Memory<long>> StepCounts => _model.StepCounts;

    /// <inheritdoc/>
    public IReadOnlyList<IRunStatistics> RunStatistics => _model.RunStatistics;

    /// <inheritdoc/>
    public void AfterStep(bool skipped) => _model.AfterStep(skipped);

    /// <inheritdoc/>
    public double Run(long step, int microBatch, float gradientScale) => Run(step, microBatch, gradientScale, gradientFinal: null);

    /// <inheritdoc/>
    public double Run(long step, int microBatch, float gradientScale, Action<Parameter>? gradientFinal)
    {
        long draw = EpochOrder.FirstDraw(step, microBatch, gradientScale, _options.Batch);
        long start = TaskProfile.Now(_profile);
        for (int row = 0; row < _options.Batch; row++)
        {
            _training.Fill(row, _data, _order.At(draw + row));
        }

        _profile?.AddData(start);
        return _training.Train((ulong)step, (uint)(microBatch * _options.Batch), gradientScale, gradientFinal);
    }

    /// <inheritdoc/>
    public Evaluation? Evaluate(CancellationToken cancellation) => PartsOfEvaluation(default)?.Measure(cancellation);

    /// <inheritdoc/>
    public EvaluationParts? PartsOfEvaluation(long step) => _heldOut is { } heldOut
        ? new((heldOut.Rows + _options.EvaluationBatch - 1) / _options.EvaluationBatch, NumbersOfPart, (part, numbers, _) => Compute(heldOut, part, numbers), Combine)
        : null;

    /// <inheritdoc/>
    public TaskProfile StartProfile() => _profile = new TaskProfile(_training.StartProfile());

    /// <summary>Frees the tapes.</summary>
    public void Dispose()
    {
        _training.Dispose();
        foreach (SupervisedProgram program in _evaluating.Values)
        {
            program.Dispose();
        }

        _evaluating.Clear();
    }

    /// <summary>A part is a batch: the sum of its losses and how many there are, right answers, and answers.</summary>
    private void Compute(SupervisedData heldOut, int part, Span<double> numbers)
    {
        int first = part * _options.EvaluationBatch, rows = Math.Min(_options.EvaluationBatch, heldOut.Rows - first);
        SupervisedProgram program = Evaluating(rows);
        for (int row = 0; row < rows; row++)
        {
            program.Fill(row, heldOut, first + row);
        }

        Loss loss = program.Evaluate();
        (numbers[0], numbers[1]) = (loss.Sum, loss.Counted);
        if (_objective.CountsRight)
        {
            (numbers[2], numbers[3]) = program.Right();
        }
    }

    private Evaluation Combine(ReadOnlySpan<double> numbers)
    {
        double sum = 0, counted = 0, right = 0, answers = 0;
        for (int at = 0; at < numbers.Length; at += NumbersOfPart)
        {
            (sum, counted, right, answers) = (sum + numbers[at], counted + numbers[at + 1], right + numbers[at + 2], answers + numbers[at + 3]);
        }

        var mean = new EvaluationNumber("val_loss", counted == 0 ? 0 : sum / counted);
        return _objective.CountsRight ? new Evaluation(mean, new EvaluationNumber("accuracy", answers == 0 ? 0 : right / answers, HigherIsBetter: true)) : new Evaluation(mean);
    }

    /// <summary>The program of a whole batch, or of what is left of the rows: two at most.</summary>
    private SupervisedProgram Evaluating(int rows)
    {
        if (!_evaluating.TryGetValue(rows, out SupervisedProgram? program))
        {
            program = new SupervisedProgram(_model, _network, _objective, _heldOut!, rows, training: false);
            _evaluating.Add(rows, program);
        }

        return program;
    }

    private static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException("[task] " + rule);
        }
    }
}

/// <summary>How a <see cref="SupervisedTask"/> draws.</summary>
public sealed record SupervisedTaskOptions
{
    /// <summary>Rows of a micro-batch, 1 or more.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Seed of the order of the rows.</summary>
    public ulong Seed { get; init; } = 1337;

    /// <summary>Rows evaluated at once: memory and speed, not the result's meaning.</summary>
    public int EvaluationBatch { get; init; } = 256;
}
