using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Whole training steps of a decoder on random tokens: the work of a run without its data, for benchmarks.</summary>
/// <remarks>A step is the very step of a <see cref="Trainer"/>: gradients to zero, forward, backward, optimizer. Every token counts in the loss.
/// QK-clip is off, dropout unless the model has it.</remarks>
public sealed class SyntheticTraining : IDisposable
{
    private readonly LanguageModel _model;
    private readonly LanguageProgram _program;
    private readonly RoutedOptimizer _optimizer;
    private readonly TrainingStep _training;
    private readonly uint[] _tokens;
    private ulong _step;

    /// <summary>Makes the model with random weights.</summary>
    /// <param name="config">The model.</param>
    /// <param name="batch">Sequences in a batch, 1 or more.</param>
    /// <param name="time">Tokens of each, 1 to the model's context.</param>
    /// <param name="optimizer">The optimizer, as <see cref="OptimizerChoice.Parse"/> reads it.</param>
    /// <param name="team">Workers; not owned.</param>
    /// <param name="recomputes">Whether the backward run computes each block's activations again instead of having them kept.</param>
    /// <exception cref="ArgumentException">The shape is outside the model, or the model breaks rules.</exception>
    /// <exception cref="ConfigurationException">The optimizer's settings do not fit.</exception>
    public SyntheticTraining(LanguageModelConfig config, int batch, int time, OptimizerChoice optimizer, WorkerTeam team, bool recomputes = false)
    {
        OptimizerSection settings = optimizer.Compose();
        _model = new LanguageModel(config, seed: 1, team) { RecomputesBlocks = recomputes };
        _program = _model.Program(batch, time, training: true);
        _optimizer = new RoutedOptimizer(_model.Parameters, OptimizerKinds.Routes(settings), null, team);
        _training = new TrainingStep(new SyntheticTask(_model, _program, team), _optimizer, clip: null, new GradientTree(_model.Parameters, leaves: 1), TimeProvider.System);
        _tokens = new uint[_program.Inputs.Length + 1];
        Draw();
    }

    /// <summary>Tokens of a step.</summary>
    public int Tokens => _program.Inputs.Length;

    /// <summary>FLOPs of forward and backward that the model needs, as <see cref="StepArithmetic"/> counts them: nothing twice that is computed twice.</summary>
    public double ModelFlops => WorkOfSteps.ModelFlops(_model, _program);

    /// <summary>FLOPs of the optimizer's matrix products; elementwise updates count nothing.</summary>
    public double OptimizerFlops => WorkOfSteps.OptimizerFlops(_optimizer.Plan);

    /// <summary>Bytes that a step cannot do without: weights, gradients, the optimizer's state, and what the forward run leaves for the backward run.</summary>
    public long NeededBytes =>
        sizeof(float) * ((2 * _model.Parameters.ElementCount) + _optimizer.StateTensors.Sum(tensor => (long)tensor.Memory.Length) + WorkOfSteps.KeptActivations(_program));

    /// <summary>New random tokens for the next step.</summary>
    public void Draw()
    {
        new RandomStream(1, "tokens").Fill(_tokens, ++_step, 0);
        for (int i = 0; i < Tokens; i++)
        {
            _program.Inputs[i] = (int)(_tokens[i] % (uint)_program.Vocabulary);
            _program.Targets[i] = (int)(_tokens[i + 1] % (uint)_program.Vocabulary);
        }
    }

    /// <summary>Does a step.</summary>
    /// <returns>Its time.</returns>
    public SyntheticStep Step()
    {
        _training.Run((long)_step);
        return new SyntheticStep(_training.Elapsed - _training.OptimizerElapsed, _training.OptimizerElapsed);
    }

    /// <summary>Begins to measure the time of each operation, from nothing.</summary>
    public TapeProfile StartProfile() => _program.StartProfile();

    /// <summary>Ends the measuring.</summary>
    public void StopProfile() => _program.StopProfile();

    /// <summary>Frees model and optimizer.</summary>
    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }
}

/// <summary>The task of random tokens that are in the program already.</summary>
internal sealed class SyntheticTask(LanguageModel model, LanguageProgram program, WorkerTeam team) : ITrainingTask
{
    /// <inheritdoc/>
    public ParameterStore Parameters => model.Parameters;

    /// <inheritdoc/>
    public IReadOnlyList<AttentionHeads> AttentionHeads => model.AttentionHeads;

    /// <inheritdoc/>
    public WorkerTeam Team => team;

    /// <inheritdoc/>
    public string Kind => "synthetic";

    /// <inheritdoc/>
    public string Unit => "tokens";

    /// <inheritdoc/>
    public long UnitsPerMicroBatch => program.Inputs.Length;

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, string Value)> Facts => [];

    /// <inheritdoc/>
    public string DataIdentity => string.Empty;

    /// <inheritdoc/>
    public ReadOnlySpan<float> MaximumLogits => program.MaximumLogits;

    /// <inheritdoc/>
    public double Run(long step, int microBatch, float gradientScale)
    {
        (program.Step, program.GradientScale) = ((ulong)step, gradientScale);
        double loss = program.Forward();
        program.Backward();
        return loss;
    }

    /// <inheritdoc/>
    public Evaluation? Evaluate(CancellationToken cancellation) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
        // The model is freed by whoever made it.
    }
}

/// <summary>Time of one training step.</summary>
/// <param name="ForwardBackward">Zeroing the gradients, forward and backward.</param>
/// <param name="Optimizer">The optimizer's step: the check of the gradients, and all updates.</param>
public readonly record struct SyntheticStep(TimeSpan ForwardBackward, TimeSpan Optimizer)
{
    /// <summary>The whole step.</summary>
    public TimeSpan Whole => ForwardBackward + Optimizer;
}

/// <summary>What a training step of a decoder needs, counted from its shapes.</summary>
internal static class WorkOfSteps
{
    /// <summary>FLOPs of forward and backward on sequences of the program's length.</summary>
    public static double ModelFlops(LanguageModel model, LanguageProgram program) => StepArithmetic
        .Of(model.Config with { Context = program.Time }, model.Parameters.Parameters, (long)program.Batch * program.Time).Total;

    /// <summary>FLOPs of the optimizer's matrix products.</summary>
    public static double OptimizerFlops(RoutingPlan plan) => plan.Rows.Sum(row => row.Slices.Sum(matrix => row.FlopsOf(matrix)));

    /// <summary>Floats that live when the forward run has ended and the backward run has not begun.</summary>
    public static long KeptActivations(LanguageProgram program)
    {
        int operations = program.Operations.Count;
        return program.MemoryPlan.Buffers.Where(buffer => buffer.Lives.Any(life => life.First < operations && life.Last >= operations)).Sum(buffer => buffer.Length);
    }
}
