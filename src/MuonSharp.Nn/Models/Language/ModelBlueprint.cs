using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A language model on paper: its parameters and the memory of its programs, for a model of any size. No weight is allocated.</summary>
public sealed class ModelBlueprint
{
    private readonly LanguageNetwork _network;

    /// <summary>Declares the parameters of a configuration.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <exception cref="ArgumentException">The configuration breaks rules; the message names all of them.</exception>
    public ModelBlueprint(LanguageModelConfig config)
    {
        config.Validate();
        var builder = new ModelBuilder(seed: 0);
        (Config, _network, Parameters) = (config, config.Declare(builder), builder.Parameters);
    }

    /// <summary>Shape of the model.</summary>
    public LanguageModelConfig Config { get; }

    /// <summary>Whether its programs compute the blocks a second time instead of keeping them, as <see cref="LanguageModel.RecomputesBlocks"/>. Default false.</summary>
    public bool RecomputesBlocks { get; init; }

    /// <summary>The parameters in the order of their declaration: names, shapes, roles and layouts, without memory.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The plan of the arena that a <see cref="LanguageProgram"/> of that shape allocates: activations, their gradients, and scratch.</summary>
    /// <remarks>Time O(n log² n) for n buffers, about ten a block and direction.</remarks>
    /// <param name="batch">Sequences, 1 or more.</param>
    /// <param name="time">Tokens of each, 1 to the context.</param>
    /// <param name="training">Whether it computes gradients.</param>
    /// <param name="threads">Workers that share the operations, 1 or more; attention has scratch for each.</param>
    /// <returns>The plan, to the byte that of the program.</returns>
    /// <exception cref="ArgumentException">The shape is outside the model.</exception>
    public MemoryPlan PlanMemory(int batch, int time, bool training, int threads) => Record(batch, time, training, threads, static tape => tape.Plan());

    /// <summary>FLOPs of the matrix products of one forward and backward run of such a program, see <see cref="Tape.Flops"/>.</summary>
    /// <param name="batch">Sequences, 1 or more.</param>
    /// <param name="time">Tokens of each, 1 to the context.</param>
    /// <exception cref="ArgumentException">The shape is outside the model.</exception>
    public double PlanFlops(int batch, int time) => Record(batch, time, training: true, threads: 1, static tape =>
    {
        _ = tape.Plan();
        return tape.PlannedFlops;
    });

    private T Record<T>(int batch, int time, bool training, int threads, Func<Tape, T> read)
    {
        Rule.Check(batch >= 1 && threads >= 1, $"[blueprint] a batch has at least one sequence and a team one worker; {batch} and {threads}");
        Rule.Check(time >= 1 && time <= Config.Context, $"[blueprint] a sequence has 1 to {Config.Context} tokens; {time}");
        using var team = new WorkerTeam(threads);
        using var tape = new Tape(team, training) { PlansOnly = true };
        _ = new LanguageGraph(tape, _network, new Sequences(batch, time), loss: true, RecomputesBlocks);
        return read(tape);
    }
}
