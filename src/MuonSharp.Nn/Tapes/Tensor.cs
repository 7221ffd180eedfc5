using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A matrix on a tape: a place with a shape, whose memory is known once the tape is compiled.</summary>
/// <remarks>Every tensor is a dense row-major matrix; activations are [tokens, width], vectors are [1, n]. Parameters may have any
/// number of axes, of which the first is the rows.</remarks>
public sealed unsafe class Tensor
{
    internal Tensor(string name, TensorKind kind, int rows, int columns, bool requiresGradient)
    {
        if (rows <= 0 || columns <= 0)
        {
            throw new ArgumentException($"[tensor] sizes must be positive; {name} is [{rows}, {columns}]");
        }

        (Name, Kind, Rows, Columns, RequiresGradient) = (name, kind, rows, columns, requiresGradient);
        if (kind != TensorKind.Parameter)
        {
            ValueBuffer = new TapeBuffer(name, Length);
            GradientBuffer = new TapeBuffer(name + ".gradient", Length);
        }
    }

    /// <summary>Name for messages and printed plans.</summary>
    public string Name { get; }

    /// <summary>Who owns the memory.</summary>
    public TensorKind Kind { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Number of elements.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>Whether the backward run computes its gradient.</summary>
    public bool RequiresGradient { get; }

    /// <summary>The parameter that it views, if any.</summary>
    public Parameter? Parameter { get; init; }

    /// <summary>How its rows are sequences; null where nobody said so.</summary>
    public Sequences? Sequences { get; internal set; }

    /// <summary>Which images its rows are the pixels of; null where nobody said so.</summary>
    public Images? Images { get; internal set; }

    /// <summary>Whether its value keeps its memory after the run (<see cref="Tape.Output"/>).</summary>
    public bool IsOutput { get; internal set; }

    /// <summary>Whether the user writes its gradient before the backward run (<see cref="Tape.Seed"/>).</summary>
    public bool IsSeeded { get; internal set; }

    /// <summary>Address of the value during the run of an operation that declared to use it.</summary>
    public float* Data => Parameter is { } parameter ? parameter.Weights.Address : ValueBuffer!.Pointer;

    /// <summary>Address of the gradient during the backward run of an operation that declared to use it.</summary>
    public float* GradientData => Parameter is { } parameter ? parameter.Gradient.Address : GradientBuffer!.Pointer;

    /// <summary>The value of an input, a parameter, a state or an output (<see cref="Tape.Output"/>).</summary>
    /// <exception cref="InvalidOperationException">The memory is shared with other tensors, or the tape is not compiled.</exception>
    public Span<float> Value => Kind == TensorKind.Activation && !IsOutput
        ? throw new InvalidOperationException($"[tensor] only inputs, parameters, states and outputs (Tape.Output) can be read; {Name} is none")
        : View(Data);

    /// <summary>The gradient of an input, a parameter or a seeded tensor.</summary>
    /// <exception cref="InvalidOperationException">The memory is shared with other tensors, there is no gradient, or the tape is not
    /// compiled.</exception>
    public Span<float> Gradient => (Kind is TensorKind.Activation && !IsSeeded) || Kind is TensorKind.State
        ? throw new InvalidOperationException($"[tensor] only inputs, parameters and seeded tensors have a readable gradient; not {Name}")
        : View(GradientData);

    internal TapeBuffer? ValueBuffer { get; set; }

    internal TapeBuffer? GradientBuffer { get; set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{Rows}, {Columns}]";

    private Span<float> View(float* address) => address is null
        ? throw new InvalidOperationException($"[tensor] the tape must be compiled and use the tensor; {Name} has no memory")
        : new Span<float>(address, checked((int)Length));
}

/// <summary>Who owns a tensor's memory.</summary>
public enum TensorKind
{
    /// <summary>Written by an operation; its memory is somebody else's outside its lifetime.</summary>
    Activation,

    /// <summary>Written by the user before a run; keeps its memory.</summary>
    Input,

    /// <summary>A view of a parameter of the store, weights and gradient.</summary>
    Parameter,

    /// <summary>Written by operations or the user, keeps its content from run to run (<see cref="Tape.State"/>).</summary>
    State,
}

/// <summary>Token numbers that the user writes before a run: input of embeddings and targets of losses.</summary>
/// <remarks>Lives outside the managed heap and outside the arena: it keeps its content between runs.</remarks>
public sealed unsafe class TokenBuffer : IDisposable
{
    private readonly NativeBuffer _memory;

    internal TokenBuffer(string name, int length, bool outline)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Name = name;
        Length = length;
        _memory = new NativeBuffer(outline ? 0 : length);
    }

    /// <summary>Name for messages.</summary>
    public string Name { get; }

    /// <summary>Number of tokens.</summary>
    public int Length { get; }

    /// <summary>How the tokens are sequences; null where nobody said so.</summary>
    public Sequences? Sequences { get; internal set; }

    /// <summary>Address of the first token.</summary>
    public int* Data => (int*)_memory.Pointer;

    /// <summary>The tokens, for the user to write.</summary>
    public Span<int> Span => new(Data, Length);

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
