namespace MuonSharp.Optimizers.Tests;

/// <summary>An optimizer of one parameter written down from its published formula, in double precision and in the formula's own order.</summary>
/// <remarks>Numbers come in by step, so that nothing of the library's options or schedules is needed; what a formula fixes is a constant of its file.</remarks>
internal abstract class StraightLineOptimizer(float[] start)
{
    /// <summary>The weights, row-major.</summary>
    public double[] Weights { get; } = [.. start.Select(weight => (double)weight)];

    /// <summary>The learning rate, weight decay and momentum (or beta1) of the reference.</summary>
    public abstract (double LearningRate, double WeightDecay, double Momentum) Standard { get; }

    /// <summary>One step; a null gradient is a missing one.</summary>
    public abstract void Step(float[]? gradient, double learningRate, double weightDecay, double momentum);
}
