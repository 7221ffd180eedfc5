namespace MuonSharp.Optimizers.Tests;

/// <summary>One optimizer in the contract table.</summary>
/// <param name="Options">What steps the matrices.</param>
/// <param name="Auxiliary">What steps the rest.</param>
/// <param name="ConvergingRate">A learning rate that reaches a target within the test's steps.</param>
/// <param name="StraightLine">The formula of the same numbers, for weights and the parameter they belong to.</param>
internal sealed record ContractRow(
    OptimizerOptions Options, OptimizerOptions Auxiliary, double ConvergingRate, Func<float[], StraightLineCase, StraightLineOptimizer> StraightLine)
{
    /// <summary>The options with another momentum: what the optimizer calls so.</summary>
    public required Func<OptimizerOptions, Schedule, OptimizerOptions> WithMomentum { get; init; }

    /// <summary>The options with nothing set that the reference does not set.</summary>
    public OptimizerOptions Standard { get; init; } = Options;

    /// <summary>What one step without gradients leaves of a weight at that learning rate and decay.</summary>
    public Func<double, double, double> Decayed { get; init; } = static (rate, decay) => 1 - (rate * decay);

    /// <summary>Whether the formula says what to do with that parameter.</summary>
    public Func<StraightLineCase, bool> Defines { get; init; } = static parameter => parameter.Shape.Length > 1;

    /// <summary>The shapes of 300 to 1100 at which it is compared with its formula, with the number of steps.</summary>
    public IReadOnlyList<(int Rows, int Columns, int Steps)> LargeShapes { get; init; } = [(301, 517, 2), (1100, 333, 1)];

    /// <summary>How far it may be from its formula; the default is the tolerance of recorded traces.</summary>
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>Whether the optimizer rescales the weights themselves, so that they move without gradients too.</summary>
    public bool RescalesWeights => Options is MuonOptions { NormalizeWeights: true };

    public RoutedOptimizer Optimizer(TestModel model, Numerics.WorkerTeam? team = null, StepOptions? step = null) =>
        new(model.Store, Route.Split(Options, Auxiliary), step, team);
}
