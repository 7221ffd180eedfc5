using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What all optimizers share: groups, validation, schedules, counting, state and its names. A derived class is its mathematics.</summary>
/// <remarks>The gate, clipping and the report belong to the step, not to the optimizer: see <see cref="StepDriver"/>. An optimizer
/// that is part of a <see cref="RoutedOptimizer"/> updates under that one's gate. One's own derives from <see cref="Optimizer{TOptions}"/>.</remarks>
public abstract class Optimizer : IOptimizer
{
    private readonly StepOptions _stepOptions;
    private readonly WorkerTeam? _ownTeam;
    private readonly List<IDisposable> _parts = [];
    private readonly List<StateTensor> _tensors = [];
    private StepDriver? _driver;

    private protected Optimizer(Type optionsType, IReadOnlyList<ParameterGroup> groups, StepOptions? stepOptions, WorkerTeam? team)
    {
        _stepOptions = stepOptions ?? new StepOptions();
        GroupValidation.Check(optionsType, groups, _stepOptions);
        if (_stepOptions.Share is null && RankShare.Of(groups, _stepOptions.Collectives) is { } share)
        {
            _stepOptions = _stepOptions with { Share = Own(share) };
        }

        Name = groups[0].Options.OptimizerName;
        Groups = [.. groups.Select(group => new OptimizerGroup(group))];
        var slots = new List<ParameterSlot>();
        for (int i = 0; i < groups.Count; i++)
        {
            foreach (Parameter parameter in groups[i].Parameters)
            {
                slots.Add(new ParameterSlot(parameter, slots.Count, Groups[i], _stepOptions.Share?.RangeOf(parameter) ?? new OwnedRange(0, parameter.Length)));
            }
        }

        Slots = [.. slots];
        Parameters = [.. slots.Select(slot => slot.Parameter)];
        _ownTeam = team is null ? new WorkerTeam() : null;
        Team = team ?? _ownTeam!;
    }

    /// <summary>The optimizer's name, such as <c>muon</c>.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public long Steps => Driver.Steps;

    /// <inheritdoc/>
    public IReadOnlyList<StateTensor> StateTensors => _tensors;

    internal OptimizerGroup[] Groups { get; }

    internal IStepObserver? Observer => _stepOptions.Observer;

    /// <summary>The parameters at work, group after group.</summary>
    protected internal ImmutableArray<ParameterSlot> Slots { get; }

    /// <summary>The workers.</summary>
    protected WorkerTeam Team { get; }

    private StepDriver Driver => _driver ??= new StepDriver([this], _stepOptions, Team);

    /// <inheritdoc/>
    public StepReport Step() => Driver.Step();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> SaveCounters() => Driver.SaveCounters();

    /// <inheritdoc/>
    public void LoadCounters(IReadOnlyDictionary<string, long> counters) => Driver.LoadCounters(counters);

    /// <summary>Begins to measure the time of each part of a step, from nothing.</summary>
    /// <returns>The sums; they grow with every step until <see cref="StopProfile"/>.</returns>
    public OptimizerProfile StartProfile() => Driver.StartProfile();

    /// <summary>Ends the measuring.</summary>
    public void StopProfile() => Driver.StopProfile();

    /// <summary>Frees the state.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Moves the schedules and clears the report, whether or not the step is skipped.</summary>
    internal void Begin(in StepContext context)
    {
        foreach (OptimizerGroup group in Groups)
        {
            group.Begin(context);
        }
    }

    /// <summary>Updates after the gate: counts, then the mathematics.</summary>
    internal void Apply(in StepContext context)
    {
        foreach (ParameterSlot slot in Slots)
        {
            slot.Begin();
        }

        Update(context);
    }

    /// <summary>The parts of an update, in the order in which <see cref="StageClock.Lap"/> numbers them. Default: one pass over weights (read and
    /// written), gradients (read) and state (read and written).</summary>
    internal virtual OptimizerStage[] Stages()
    {
        double elements = Parameters.Sum(parameter => (double)parameter.Length);
        double state = StateTensors.Sum(tensor => (double)tensor.Memory.Length);
        double flops = Slots.Where(slot => slot.Parameter.Shape.Length > 1).Sum(slot => slot.Parameter.Matrices.Sum(matrix => slot.Options.FlopsOf(matrix)));
        return [new OptimizerStage("update", flops, sizeof(float) * ((3 * elements) + (2 * state)))];
    }

    /// <summary>The mathematics: updates state and weights of what is active in every slot, after the gate. Allocates nothing.</summary>
    /// <param name="context">The step.</param>
    protected abstract void Update(in StepContext context);

    /// <summary>State of one kind for all parameters in their own shapes, zero at first, saved as <c>optimizer.kind/parameter</c>. For constructors.</summary>
    /// <param name="kind">What it holds (<c>momentum</c>), unique in the optimizer.</param>
    protected StateBuffer AddState(string kind) => AddState(kind, static slot => slot.Parameter.Shape);

    /// <summary>State of one kind in shapes of its own.</summary>
    /// <param name="kind">What it holds, unique in the optimizer.</param>
    /// <param name="shapeOf">The shape of a parameter's state; empty when it has none.</param>
    protected StateBuffer AddState(string kind, Func<ParameterSlot, ImmutableArray<int>> shapeOf)
    {
        StateBuffer buffer = Own(new StateBuffer($"{Name}.{kind}", Slots, shapeOf));
        _tensors.AddRange(buffer.Tensors);
        return buffer;
    }

    /// <summary>State of other shapes than the parameters', which the derived class owns.</summary>
    private protected void AddState(IEnumerable<StateTensor> tensors) => _tensors.AddRange(tensors);

    /// <summary>Memory for the work of a step, on a cache line, freed with the optimizer and not saved. For constructors.</summary>
    /// <param name="length">Floats.</param>
    protected unsafe MemoryBlock AddScratch(int length)
    {
        NativeBuffer buffer = Own(new NativeBuffer(length));
        return new MemoryBlock(buffer.Pointer, length, buffer);
    }

    /// <summary>Something that is freed with the optimizer.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="part">The part.</param>
    /// <returns>The part.</returns>
    protected T Own<T>(T part)
        where T : IDisposable
    {
        _parts.Add(part);
        return part;
    }

    /// <summary>Frees what the optimizer owns.</summary>
    /// <param name="disposing">True: called from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _parts.ForEach(part => part.Dispose());
            _ownTeam?.Dispose();
        }
    }
}

/// <summary>An optimizer whose options are of one kind: the base of every optimizer, here and elsewhere.</summary>
/// <remarks>A derived class adds its state and scratch in its constructor and writes <see cref="Optimizer.Update"/>; groups, schedules, counts, the gate, clipping,
/// reports, saving and the routing are done. It is made by its options: <see cref="OptimizerOptions.CreateOptimizer"/>.</remarks>
/// <typeparam name="TOptions">The options, a sealed record.</typeparam>
public abstract class Optimizer<TOptions> : Optimizer
    where TOptions : OptimizerOptions
{
    /// <summary>Checks everything, then takes the parameters in.</summary>
    /// <param name="groups">At least one; the options are <typeparamref name="TOptions"/>.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: the optimizer starts a team of its own on all cores.</param>
    /// <exception cref="OptimizerOptionsException">Options, groups or parameters are wrong; all problems are named.</exception>
    protected Optimizer(IReadOnlyList<ParameterGroup> groups, StepOptions? step, WorkerTeam? team)
        : base(typeof(TOptions), groups, step, team)
    {
    }

    /// <summary>The options of a parameter's group.</summary>
    /// <param name="slot">The parameter.</param>
    protected static TOptions OptionsOf(ParameterSlot slot) => (TOptions)slot.Options;
}
