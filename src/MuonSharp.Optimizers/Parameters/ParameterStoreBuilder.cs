using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>Collects a model's parameters in their fixed order, then lays them out in one store.</summary>
public sealed class ParameterStoreBuilder
{
    private readonly List<Parameter> _parameters = [];
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
        if (!_names.Add(name))
        {
            throw new ArgumentException($"[parameter store] names are unique; '{name}' was added twice");
        }

        var parameter = new Parameter(name, shape, role, layout);
        _parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Allocates the store and binds every declared parameter to its place, in the order of declaration.</summary>
    /// <param name="gradients">False for inference: no gradient memory is allocated.</param>
    /// <exception cref="InvalidOperationException">The builder was used before, or nothing was declared.</exception>
    public ParameterStore Build(bool gradients)
    {
        if (_parameters.Count == 0 || !_parameters[0].Weights.IsEmpty)
        {
            throw new InvalidOperationException("[parameter store] a builder builds one store of at least one parameter; "
                + (_parameters.Count == 0 ? "none was added" : "it was used before"));
        }

        return new ParameterStore([.. _parameters], gradients);
    }
}
