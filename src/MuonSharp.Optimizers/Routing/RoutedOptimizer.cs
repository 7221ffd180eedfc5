using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>Several optimizers behind one gate, each with the parameters that belong to it: Muon and AdamW in one line.</summary>
/// <remarks>All gradients are checked and the global norm is taken before any of the optimizers changes anything.</remarks>
public sealed class RoutedOptimizer : IOptimizer
{
    private readonly Optimizer[] _optimizers;
    private readonly WorkerTeam? _ownTeam;
    private readonly RankShare? _share;
    private readonly StepDriver _driver;

    /// <summary>Routes parameters by role.</summary>
    /// <param name="parameters">The parameters, in the order in which reports name them.</param>
    /// <param name="routes">Who takes what; null: <see cref="Route.Muon"/>.</param>
    /// <param name="step">Length of the run and clipping; null: no end, no clipping.</param>
    /// <param name="team">The workers; null: a team of the optimizer's own on all cores.</param>
    /// <param name="print">Where to print who steps what and why, such as <see cref="Console.Out"/>; null: nowhere.</param>
    /// <exception cref="OptimizerOptionsException">Options or parameters are wrong or a parameter has no route; all problems are named.</exception>
    public RoutedOptimizer(
        IReadOnlyList<Parameter> parameters, IReadOnlyList<Route>? routes = null, StepOptions? step = null, WorkerTeam? team = null, TextWriter? print = null)
    {
        step ??= new StepOptions();
        Plan = RoutingPlan.Make(parameters, routes ?? Route.Muon());
        GroupValidation.Check(null, Plan.Groups, step);
        _ownTeam = team is null ? new WorkerTeam() : null;
        WorkerTeam workers = team ?? _ownTeam!;
        _share = RankShare.Of(Plan.Groups, step.Collectives);
        step = step with { Share = _share };
        _optimizers = [.. Plan.Groups.GroupBy(group => group.Options.GetType())
            .Select(groups => groups.First().Options.CreateOptimizer([.. groups], step, workers))];
        _driver = new StepDriver(_optimizers, step, workers, parameters);
        Parameters = parameters;
        StateTensors = [.. _optimizers.SelectMany(optimizer => optimizer.StateTensors)];
        print?.Write(Plan);
    }

    /// <summary>Routes the parameters of a store by role.</summary>
    /// <param name="store">A store with gradients.</param>
    /// <param name="routes">Who takes what; null: <see cref="Route.Muon"/>.</param>
    /// <param name="step">Length of the run and clipping.</param>
    /// <param name="team">The workers; null: a team of the optimizer's own.</param>
    /// <param name="print">Where to print who steps what and why; null: nowhere.</param>
    /// <exception cref="OptimizerOptionsException">Options or parameters are wrong; all problems are named.</exception>
    public RoutedOptimizer(
        ParameterStore store, IReadOnlyList<Route>? routes = null, StepOptions? step = null, WorkerTeam? team = null, TextWriter? print = null)
        : this(store.Parameters, routes, step, team, print)
    {
    }

    /// <summary>Who steps what, and why.</summary>
    public RoutingPlan Plan { get; }

    /// <summary>Which rank updates what; null in a process that works alone.</summary>
    public Ownership? Ownership => _share?.Ownership;

    /// <summary>How long bringing updated weights to all ranks has taken so far; nothing in a process that works alone.</summary>
    public TimeSpan Gathered => _share?.Gathered ?? TimeSpan.Zero;

    /// <summary>Bytes of weights on their way between ranks; 0 in a process that works alone.</summary>
    public long GatherBytes => _share?.Bytes ?? 0;

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public long Steps => _driver.Steps;

    /// <inheritdoc/>
    public IReadOnlyList<StateTensor> StateTensors { get; }

    /// <inheritdoc/>
    public StepReport Step() => _driver.Step();

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> SaveCounters() => _driver.SaveCounters();

    /// <inheritdoc/>
    public void LoadCounters(IReadOnlyDictionary<string, long> counters) => _driver.LoadCounters(counters);

    /// <summary>Begins to measure the time of each part of a step, from nothing.</summary>
    /// <returns>The sums; they grow with every step until <see cref="StopProfile"/>.</returns>
    public OptimizerProfile StartProfile() => _driver.StartProfile();

    /// <summary>Ends the measuring.</summary>
    public void StopProfile() => _driver.StopProfile();

    /// <summary>Frees the state of all optimizers.</summary>
    public void Dispose()
    {
        foreach (Optimizer optimizer in _optimizers)
        {
            optimizer.Dispose();
        }

        _share?.Dispose();
        _ownTeam?.Dispose();
    }
}
