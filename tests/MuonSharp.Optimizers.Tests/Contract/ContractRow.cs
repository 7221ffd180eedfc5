namespace MuonSharp.Optimizers.Tests;

/// <summary>One optimizer in the contract table.</summary>
/// <param name="Options">What steps the matrices.</param>
/// <param name="Auxiliary">What steps the rest.</param>
/// <param name="ConvergingRate">A learning rate that reaches a target within the test's steps.</param>
internal sealed record ContractRow(OptimizerOptions Options, OptimizerOptions Auxiliary, double ConvergingRate)
{
    /// <summary>What one step without gradients leaves of a weight at that learning rate and decay.</summary>
    public Func<double, double, double> Decayed { get; init; } = static (rate, decay) => 1 - (rate * decay);

    /// <summary>Whether the optimizer rescales the weights themselves, so that they move without gradients too.</summary>
    public bool RescalesWeights => Options is MuonOptions { NormalizeWeights: true };

    public RoutedOptimizer Optimizer(TestModel model, Numerics.WorkerTeam? team = null, StepOptions? step = null) =>
        new(model.Store, Route.Split(Options, Auxiliary), step, team);
}
