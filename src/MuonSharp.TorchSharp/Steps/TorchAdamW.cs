using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary><see cref="AdamW"/> in torch operations.</summary>
/// <remarks>
/// <code>
/// m &lt;- b1 m + (1 - b1) g;  v &lt;- b2 v + (1 - b2) g²
/// p &lt;- p - (lr u + lr wd p),   u = (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
/// </code>
/// </remarks>
internal static class TorchAdamW
{
    /// <summary>Steps one parameter.</summary>
    public static void Step(TensorSlot slot, List<Tensor>? squares)
    {
        using DisposeScope scope = NewDisposeScope();
        var options = (AdamWOptions)slot.Update.Options;
        (double rate, double decay, double beta1) = (slot.Values.LearningRate, slot.Values.WeightDecay, slot.Values.Momentum);
        (Tensor first, Tensor second) = (slot.State.First, slot.State.Second!);
        first.mul_(beta1);
        second.mul_(options.Beta2);
        Tensor? gradient = slot.Gradient?.to(first.dtype);
        if (gradient is not null)
        {
            first.add_(gradient, 1 - beta1);
            second.addcmul_(gradient, gradient, 1 - options.Beta2);
        }

        long count = slot.State.step;
        double corrected = 1 - Math.Pow(beta1, count), root = Math.Sqrt(1 - Math.Pow(options.Beta2, count));
        bool before = options.EpsilonPlace == AdamWEpsilon.BeforeCorrection;
        double step = (before ? rate * root : rate) * (options.Nesterov ? beta1 / (1 - Math.Pow(beta1, count + 1)) : 1 / corrected);
        Tensor direction = first.mul(step);
        if (options.Nesterov && gradient is not null)
        {
            direction.add_(gradient, (before ? rate * root : rate) * (1 - beta1) / corrected);
        }

        Tensor change = direction.div_(second.sqrt().mul_(before ? 1 : 1 / root).add_(options.Epsilon));
        TorchApply.Subtract(slot.Parameter, change, 1, rate * decay, squares);
    }
}
