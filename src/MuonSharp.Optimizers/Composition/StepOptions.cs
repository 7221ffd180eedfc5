namespace MuonSharp.Optimizers;

/// <summary>What holds for a whole step, whatever the optimizers: the length of the run and the clipping of gradients.</summary>
public sealed record StepOptions
{
    /// <summary>Steps of the whole run, for schedules that end; 0 (the default) when there is no end.</summary>
    public long TotalSteps { get; init; }

    /// <summary>Greatest global norm of the raw gradients, &gt; 0; above it all of them are scaled down together. Null (the default): no clipping.</summary>
    public double? MaximumGradientNorm { get; init; }

    internal void Collect(OptionsProblems problems)
    {
        problems.Require(TotalSteps >= 0, $"total steps must be >= 0, not {TotalSteps}");
        problems.Require(MaximumGradientNorm is null or > 0, $"the maximum gradient norm must be > 0, not {MaximumGradientNorm}");
    }
}
