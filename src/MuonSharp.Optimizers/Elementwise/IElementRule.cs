using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The mathematics of an optimizer that treats every element alike: a struct of one parameter's constants of this step.</summary>
internal interface IElementRule
{
    /// <summary>Floats of state an element, 1 or 2.</summary>
    static abstract int States { get; }

    /// <summary>The change that is subtracted from sixteen weights, decay included, so that the weight is rounded once.</summary>
    /// <param name="gradient">Clipped gradients; zero where they are missing.</param>
    /// <param name="weight">The weights before the step.</param>
    /// <param name="first">The first state, updated.</param>
    /// <param name="second">The second state, updated; not looked at where there is one.</param>
    V Change<L, V>(V gradient, V weight, ref V first, ref V second)
        where L : struct, ILanes<V>
        where V : struct;
}
