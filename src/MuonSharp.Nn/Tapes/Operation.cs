using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>One node of a tape: knows its forward and its backward, and declares what memory each of them touches.</summary>
/// <remarks>To add an operation, derive from this, and add an extension method of <see cref="Tape"/> beside it that checks the shapes, calls
/// <see cref="Tape.Record"/> and returns the output. Neither run may allocate managed memory.</remarks>
public abstract class Operation
{
    /// <summary>Names the operation.</summary>
    /// <param name="name">For messages, profiles and buffer names.</param>
    protected Operation(string name) => Name = name;

    /// <summary>Name for messages and profiles.</summary>
    public string Name { get; }

    /// <summary>Whether the backward run calls this operation: some gradient arrives at one of its outputs.</summary>
    public bool HasBackward { get; internal set; }

    /// <summary>Its sizes in a few characters, which tell it from others of its name in a profile; default: none.</summary>
    public virtual string Shape => string.Empty;

    /// <summary>Declares inputs, outputs, gradients and buffers. Called once, when the operation is recorded.</summary>
    /// <param name="plan">Takes the declarations.</param>
    protected internal abstract void Declare(OperationPlan plan);

    /// <summary>Fills constant buffers, once, when the tape is compiled.</summary>
    protected internal virtual void Prepare()
    {
    }

    /// <summary>Computes the outputs.</summary>
    /// <param name="run">Team and keys of this run.</param>
    protected internal abstract void Forward(in TapeRun run);

    /// <summary>Computes the contributions to the gradients of the inputs from the gradients of the outputs, which it may overwrite.</summary>
    /// <param name="run">Team and keys of this run.</param>
    protected internal abstract void Backward(in TapeRun run);

    /// <summary>What one run does, for profiles and benchmarks. Default: no products, and the bytes of all that was declared.</summary>
    /// <param name="plan">What the operation has declared.</param>
    /// <param name="backward">Whether the backward run is meant.</param>
    protected internal virtual OperationWork Work(OperationPlan plan, bool backward) => new(0, plan.Bytes(backward));
}

/// <summary>What one run of an operation does, whatever time it takes: the measure of its speed.</summary>
/// <param name="Flops">Multiply-adds of its matrix products that are really made, two operations each. Elementwise arithmetic is not counted: memory,
/// not arithmetic, limits it.</param>
/// <param name="Bytes">Bytes that have to move at least once: every operand read, every result written, results that are added to read as well.
/// Caches may save some, scratch memory adds some.</param>
public readonly record struct OperationWork(double Flops, double Bytes);

/// <summary>What an operation may know about the run it takes part in.</summary>
/// <param name="Team">Workers to share the operation's tasks.</param>
/// <param name="Training">Whether a backward run may follow: random operations act only then.</param>
/// <param name="Step">Training step, a key of random numbers.</param>
/// <param name="FirstSample">Number within the step of the first sequence of the batch, a key of random numbers: micro-batches of one step
/// count on.</param>
/// <param name="Phase">What the call is for: state that outlives a run may only change in <see cref="TapePhase.Forward"/>.</param>
public readonly record struct TapeRun(WorkerTeam Team, bool Training, ulong Step, uint FirstSample, TapePhase Phase = TapePhase.Forward);

/// <summary>What an operation is called for.</summary>
public enum TapePhase
{
    /// <summary>The forward run.</summary>
    Forward,

    /// <summary>The forward of a recomputed block once more, within the backward run: the same inputs, the same outputs.</summary>
    Recompute,

    /// <summary>The backward run.</summary>
    Backward,
}
