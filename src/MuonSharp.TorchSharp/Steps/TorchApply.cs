using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>p &lt;- p - (rate·X + decay·p): the weight is rounded once, so a decay far below the last place of 1 is not lost.</summary>
internal static class TorchApply
{
    /// <summary>Updates weights in place.</summary>
    /// <param name="weights">p.</param>
    /// <param name="direction">X, of any type.</param>
    /// <param name="rate">Of X.</param>
    /// <param name="decay">Of p.</param>
    /// <param name="squares">Where the sum of squared changes goes; null when nobody asks.</param>
    public static void Subtract(Tensor weights, Tensor direction, double rate, double decay, List<Tensor>? squares)
    {
        Tensor x = direction.to(weights.dtype);
        if (decay == 0 && squares is null)
        {
            weights.add_(x, -rate);
            return;
        }

        Subtract(weights, x.mul(rate).add_(weights, decay), squares);
    }

    /// <summary>Updates weights in place.</summary>
    /// <param name="weights">p.</param>
    /// <param name="change">What is subtracted.</param>
    /// <param name="squares">Where the sum of squared changes goes; null when nobody asks.</param>
    public static void Subtract(Tensor weights, Tensor change, List<Tensor>? squares)
    {
        weights.sub_(change);
        squares?.Add(change.to(ScalarType.Float32).square().sum().DetachFromDisposeScope());
    }
}
