namespace MuonSharp.Training;

/// <summary>What a step of one optimizer takes.</summary>
/// <param name="Label">The optimizer.</param>
/// <param name="StepMilliseconds">Median over the rounds of a whole step's mean time.</param>
/// <param name="OptimizerMilliseconds">The same of the optimizer's part.</param>
/// <param name="Ratio">Median over the rounds of the time of a step over that of the first optimizer's in the same round.</param>
/// <param name="TokensPerSecond">Tokens of a step over <paramref name="StepMilliseconds"/>.</param>
/// <param name="Rounds">Mean time of a step in each round, in milliseconds.</param>
public sealed record StepTiming(
    string Label, double StepMilliseconds, double OptimizerMilliseconds, double Ratio, double TokensPerSecond, IReadOnlyList<double> Rounds)
{
    /// <summary>The optimizer's share of the step, 0 to 1.</summary>
    public double OptimizerShare => OptimizerMilliseconds / StepMilliseconds;
}
