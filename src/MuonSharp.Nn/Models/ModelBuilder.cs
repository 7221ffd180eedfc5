using System.Collections.Immutable;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Collects what layers declare (parameters, buffers, attention heads), and makes a <see cref="Model"/> of it.</summary>
/// <remarks>
/// <para>A layer is constructed with a builder and a name; it declares its parameters in a scope of that name, so that they are called
/// <c>name.weight</c>, <c>name.bias</c>, and in a scope of a scope <c>outer.name.weight</c>. Nothing is allocated before <see cref="Build"/>.</para>
/// <para>The order of declaration is the order in memory and in a checkpoint. First values depend on the seed and the parameter's name alone.</para>
/// </remarks>
public sealed class ModelBuilder
{
    private readonly Declarations _declarations;

    /// <summary>An empty builder.</summary>
    /// <param name="seed">Seed of the first weights, and of layers that draw numbers (dropout).</param>
    public ModelBuilder(ulong seed)
        : this(new Declarations(), seed, string.Empty)
    {
    }

    private ModelBuilder(Declarations declarations, ulong seed, string path) => (_declarations, Seed, Path) = (declarations, seed, path);

    /// <summary>Seed of the first weights, and of layers that draw numbers.</summary>
    public ulong Seed { get; }

    /// <summary>The scope's full name, empty for the outermost.</summary>
    public string Path { get; }

    /// <summary>All parameters declared so far, in any scope.</summary>
    public IReadOnlyList<Parameter> Parameters => _declarations.Parameters;

    /// <summary>All buffers declared so far, in any scope.</summary>
    public IReadOnlyList<ModelBuffer> Buffers => _declarations.Buffers;

    /// <summary>The attention layers declared so far, in any scope.</summary>
    public IReadOnlyList<AttentionHeads> AttentionHeads => _declarations.AttentionHeads;

    /// <summary>A part of the same model whose names begin with this one's.</summary>
    /// <param name="name">Name of the part, such as <c>encoder</c> or <c>layers.3</c>; an empty one is the scope itself.</param>
    /// <returns>A builder that declares into the same model.</returns>
    public ModelBuilder Scope(string name) => new(_declarations, Seed, FullName(name));

    /// <summary>Declares a parameter.</summary>
    /// <param name="name">Name within the scope, such as <c>weight</c>.</param>
    /// <param name="shape">Row-major sizes, outermost first.</param>
    /// <param name="role">What the parameter does; decides the optimizer.</param>
    /// <param name="initializer">Its first values.</param>
    /// <param name="layout">How it splits into matrices; null means one [out, in] matrix.</param>
    /// <returns>The parameter, without memory until <see cref="Build"/>.</returns>
    /// <exception cref="ArgumentException">The full name is taken, or the shape or layout does not fit.</exception>
    /// <exception cref="InvalidOperationException">The model is built.</exception>
    public Parameter Parameter(string name, ImmutableArray<int> shape, ParameterRole role, Initializer initializer, MatrixLayout? layout = null)
    {
        ThrowIfBuilt();
        Parameter parameter = _declarations.Store.Add(FullName(name), shape, role, layout);
        _declarations.Parameters.Add(parameter);
        _declarations.Initializers.Add(initializer);
        return parameter;
    }

    /// <summary>Declares numbers that belong to the model and are not trained, such as batch norm's running statistics.</summary>
    /// <param name="name">Name within the scope, such as <c>running_mean</c>.</param>
    /// <param name="shape">Row-major sizes, outermost first.</param>
    /// <param name="initial">First value of every element. Default 0.</param>
    /// <param name="saved">Whether a checkpoint holds it. Default true.</param>
    /// <returns>The buffer, without memory until <see cref="Build"/>.</returns>
    /// <exception cref="ArgumentException">The full name is taken, or the shape does not fit.</exception>
    /// <exception cref="InvalidOperationException">The model is built.</exception>
    public ModelBuffer Buffer(string name, ImmutableArray<int> shape, float initial = 0, bool saved = true)
    {
        ThrowIfBuilt();
        ModelBuffer buffer = _declarations.Store.AddBuffer(FullName(name), shape, initial, saved);
        _declarations.Buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Declares what makes an attention layer's logits, for QK-clip.</summary>
    /// <param name="heads">The layer's heads; layers are clipped in the order of their declaration.</param>
    /// <exception cref="InvalidOperationException">The model is built.</exception>
    public void Attention(AttentionHeads heads)
    {
        ThrowIfBuilt();
        _declarations.AttentionHeads.Add(heads);
    }

    /// <summary>Declares something to be done after each step, in the order of declaration: see <see cref="Model.AfterStep"/>.</summary>
    /// <param name="rule">What to do.</param>
    /// <exception cref="InvalidOperationException">The model is built.</exception>
    public void AfterStep(IStepRule rule)
    {
        ThrowIfBuilt();
        _declarations.StepRules.Add(rule);
    }

    /// <summary>Declares statistics that training runs move: see <see cref="IRunStatistics"/>.</summary>
    /// <param name="statistics">The layer that has them.</param>
    /// <exception cref="InvalidOperationException">The model is built.</exception>
    public void RunStatistics(IRunStatistics statistics)
    {
        ThrowIfBuilt();
        _declarations.RunStatistics.Add(statistics);
    }

    /// <summary>Allocates the parameters and gives them their first values. A builder builds one model.</summary>
    /// <param name="team">Workers of the model's tapes, not owned; null makes a team of all cores that goes with the model.</param>
    /// <param name="gradients">Whether the model will be trained; false saves the gradients' memory.</param>
    /// <param name="drawn">Whether the parameters get their first values; false leaves them 0, for weights that are read. Default true.</param>
    /// <returns>The model, to be disposed of.</returns>
    /// <exception cref="InvalidOperationException">Nothing was declared, or the model is built already.</exception>
    public Model Build(WorkerTeam? team = null, bool gradients = true, bool drawn = true)
    {
        ThrowIfBuilt();
        ParameterStore store = _declarations.Store.Build(gradients);
        _declarations.IsBuilt = true;
        try
        {
            for (int i = 0; drawn && i < _declarations.Parameters.Count; i++)
            {
                Parameter parameter = _declarations.Parameters[i];
                _declarations.Initializers[i].Fill(parameter, new RandomStream(Seed, $"initialize/{parameter.Name}"));
            }

            return new Model(store, [.. _declarations.AttentionHeads], [.. _declarations.StepRules], [.. _declarations.RunStatistics], Seed, team ?? new WorkerTeam(), ownsTeam: team is null);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>A name in this scope, in full: <c>scope.name</c>.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The full name.</returns>
    public string FullName(string name) => Path.Length == 0 || name.Length == 0 ? Path + name : $"{Path}.{name}";

    private void ThrowIfBuilt()
    {
        if (_declarations.IsBuilt)
        {
            throw new InvalidOperationException("[model builder] declaring ends with Build, and a builder builds one model; this one is built");
        }
    }

    /// <summary>What all scopes of one model share.</summary>
    private sealed class Declarations
    {
        public ParameterStoreBuilder Store { get; } = new();

        public List<Parameter> Parameters { get; } = [];

        public List<ModelBuffer> Buffers { get; } = [];

        public List<Initializer> Initializers { get; } = [];

        public List<AttentionHeads> AttentionHeads { get; } = [];

        public List<IStepRule> StepRules { get; } = [];

        public List<IRunStatistics> RunStatistics { get; } = [];

        public bool IsBuilt { get; set; }
    }
}
