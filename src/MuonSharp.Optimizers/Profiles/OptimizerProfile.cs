namespace MuonSharp.Optimizers;

/// <summary>The time of each part of an optimizer's step, summed over steps.</summary>
/// <remarks>A few readings of the clock a step and a matrix; measuring allocates nothing, reading the sums does.</remarks>
public sealed class OptimizerProfile
{
    private const string GateName = "gate";

    internal OptimizerProfile(IReadOnlyList<Optimizer> optimizers, int workers)
    {
        double elements = optimizers.SelectMany(optimizer => optimizer.Parameters).Sum(parameter => (double)parameter.Length);
        Gate = new StageClock(GateName, [new OptimizerStage("check and norm of the gradients", 0, sizeof(float) * elements)], workers);
        Clocks = [.. optimizers.Select(optimizer => new StageClock(optimizer.Name, optimizer.Stages(), workers))];
    }

    internal StageClock Gate { get; }

    internal StageClock[] Clocks { get; }

    /// <summary>The sums so far, in the order of the step.</summary>
    public IReadOnlyList<StageTime> Stages() => [.. Gate.Stages(), .. Clocks.SelectMany(clock => clock.Stages())];

    /// <summary>Forgets what was measured.</summary>
    public void Reset()
    {
        Gate.Reset();
        foreach (StageClock clock in Clocks)
        {
            clock.Reset();
        }
    }
}
