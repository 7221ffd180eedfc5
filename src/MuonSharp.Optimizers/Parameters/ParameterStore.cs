using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>All parameters of a model: one aligned native buffer of weights, one of gradients, in a fixed order; and its buffers, which are not trained.</summary>
/// <remarks>Every parameter starts at a multiple of 64 bytes; the few floats between two parameters are zero and stay zero.
/// So zeroing, norms, checkpoints and the optimizer are each one pass over contiguous memory.</remarks>
public sealed unsafe class ParameterStore : IDisposable
{
    private readonly NativeBuffer _weights;
    private readonly NativeBuffer? _gradients;
    private readonly NativeBuffer _values;
    private readonly Dictionary<string, Parameter> _byName;

    internal ParameterStore(ImmutableArray<Parameter> parameters, ImmutableArray<ModelBuffer> buffers, bool gradients)
    {
        Parameters = parameters;
        Buffers = buffers;
        long length = PlannedLength(parameters);
        _weights = new NativeBuffer(length);
        _gradients = gradients ? new NativeBuffer(length) : null;
        _byName = parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
        long offset = 0;
        foreach (Parameter parameter in parameters)
        {
            parameter.Bind(
                new MemoryBlock(_weights.Pointer + offset, parameter.Length, _weights),
                gradients ? new MemoryBlock(_gradients!.Pointer + offset, parameter.Length, _gradients) : default);
            offset += FlatLayout.Padded(parameter.Length);
        }

        _values = new NativeBuffer(PlannedLength(buffers));
        offset = 0;
        foreach (ModelBuffer buffer in buffers)
        {
            buffer.Bind(new MemoryBlock(_values.Pointer + offset, buffer.Length, _values));
            offset += FlatLayout.Padded(buffer.Length);
        }
    }

    /// <summary>The parameters in the order of their declaration, which is their order in memory.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The numbers that belong to the model and are not trained, in the order of their declaration.</summary>
    public IReadOnlyList<ModelBuffer> Buffers { get; }

    /// <summary>All weights, <see cref="Length"/> floats.</summary>
    public float* Weights => _weights.Pointer;

    /// <summary>All gradients, <see cref="Length"/> floats; null in a store for inference.</summary>
    public float* Gradients => _gradients is null ? null : _gradients.Pointer;

    /// <summary>Floats in either buffer, the padding between parameters included.</summary>
    public long Length => _weights.Length;

    /// <summary>Floats that a store allocates for the weights of such parameters, and as many for their gradients: what <see cref="Length"/> will be.</summary>
    /// <param name="parameters">The parameters; their memory need not exist.</param>
    public static long PlannedLength(IEnumerable<Parameter> parameters) => parameters.Sum(static parameter => FlatLayout.Padded(parameter.Length));

    /// <summary>Floats that a store allocates for such buffers.</summary>
    /// <param name="buffers">The buffers; their memory need not exist.</param>
    public static long PlannedLength(IEnumerable<ModelBuffer> buffers) => buffers.Sum(static buffer => FlatLayout.Padded(buffer.Length));

    /// <summary>Whether the store holds gradients.</summary>
    public bool HasGradients => _gradients is not null;

    /// <summary>Number of trainable elements, without padding.</summary>
    public long ElementCount => Parameters.Sum(p => (long)p.Length);

    /// <summary>The parameter of that name.</summary>
    /// <param name="name">A declared name.</param>
    /// <exception cref="KeyNotFoundException">No parameter has that name.</exception>
    public Parameter this[string name] => _byName.TryGetValue(name, out Parameter? parameter)
        ? parameter
        : throw new KeyNotFoundException($"[parameter store] no parameter is named '{name}'");

    /// <summary>The parameter of that name, if there is one.</summary>
    /// <param name="name">A name.</param>
    /// <param name="parameter">The parameter, or null.</param>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Parameter? parameter) =>
        _byName.TryGetValue(name, out parameter);

    /// <summary>Clears all gradients in one pass and marks every parameter as having one, but for those whose operations say so by matrix
    /// (<see cref="Parameter.MarkByMatrix"/>).</summary>
    public void ZeroGradients()
    {
        if (_gradients is null)
        {
            throw new InvalidOperationException("[parameter store] zeroing gradients needs gradients; the store was built for inference");
        }

        System.Runtime.InteropServices.NativeMemory.Clear(_gradients.Pointer, checked((nuint)Length * sizeof(float)));
        foreach (Parameter parameter in (ImmutableArray<Parameter>)Parameters)
        {
            parameter.HasGradient = !parameter.IsMarkedByMatrix;
        }
    }

    /// <summary>Frees the memory. No parameter or buffer of the store may be used afterwards.</summary>
    public void Dispose()
    {
        _weights.Dispose();
        _gradients?.Dispose();
        _values.Dispose();
    }
}

/// <summary>Collects a model's parameters in their fixed order, then lays them out in one store.</summary>
public sealed class ParameterStoreBuilder
{
    private readonly List<Parameter> _parameters = [];
    private readonly List<ModelBuffer> _buffers = [];
    private bool _built;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Declares a parameter. Its memory exists once <see cref="Build"/> has run.</summary>
    /// <param name="name">Unique in the store.</param>
    /// <param name="shape">Row-major sizes, outermost first.</param>
    /// <param name="role">What the parameter does in the model.</param>
    /// <param name="layout">How the tensor splits into matrices; null means one [out, in] matrix.</param>
    /// <returns>The parameter itself, unbound until the store is built.</returns>
    /// <exception cref="ArgumentException">The name is taken, or the shape or layout does not fit.</exception>
    public Parameter Add(string name, ImmutableArray<int> shape, ParameterRole role, MatrixLayout? layout = null)
    {
        var parameter = new Parameter(name, shape, role, layout);
        AddName(name);
        _parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Declares a buffer: numbers that belong to the model and are not trained. Its memory exists once <see cref="Build"/> has run.</summary>
    /// <param name="name">Unique in the store, among parameters and buffers.</param>
    /// <param name="shape">Row-major sizes, outermost first.</param>
    /// <param name="initial">The value of every element of a new store.</param>
    /// <param name="saved">Whether it is part of the model's state (running statistics), or can be made anew (a table).</param>
    /// <returns>The buffer itself, without memory until the store is built.</returns>
    /// <exception cref="ArgumentException">The name is taken, or the shape does not fit.</exception>
    public ModelBuffer AddBuffer(string name, ImmutableArray<int> shape, float initial = 0, bool saved = true)
    {
        var buffer = new ModelBuffer(name, shape, initial, saved);
        AddName(name);
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Allocates the store and binds every declared parameter to its place, in the order of declaration.</summary>
    /// <param name="gradients">False for inference: no gradient memory is allocated.</param>
    /// <exception cref="InvalidOperationException">The builder was used before, or nothing was declared.</exception>
    public ParameterStore Build(bool gradients)
    {
        if (_parameters.Count == 0 || _built)
        {
            throw new InvalidOperationException("[parameter store] a builder builds one store of at least one parameter; "
                + (_parameters.Count == 0 ? "none was added" : "it was used before"));
        }

        _built = true;
        return new ParameterStore([.. _parameters], [.. _buffers], gradients);
    }

    private void AddName(string name)
    {
        if (_built || !_names.Add(name))
        {
            throw new ArgumentException(_built
                ? $"[parameter store] everything is added before Build; '{name}' came after it"
                : $"[parameter store] names are unique; '{name}' was added twice");
        }
    }
}

/// <summary>How tensors follow each other in a flat buffer: each starts at a multiple of one cache line.</summary>
internal static class FlatLayout
{
    /// <summary>Floats in a cache line of 64 bytes, which is also the widest vector.</summary>
    public const int Alignment = 16;

    public static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
