using static TorchSharp.torch;

namespace MuonSharp.Peers;

/// <summary>AdamW without decay in torch operations that change memory in place: fewer passes and fewer allocations than TorchSharp's own.</summary>
/// <remarks>m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g²; w -= rate / (1 - b1^t) · m / (√v / √(1 - b2^t) + eps). Source: torch.optim.AdamW.</remarks>
internal sealed class TorchAdamW : IDisposable
{
    /// <summary>The rate.</summary>
    public const double Rate = 3e-4;

    /// <summary>Decay of the first moment.</summary>
    public const double Beta1 = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public const double Beta2 = 0.95;

    /// <summary>Added to the root.</summary>
    public const double Epsilon = 1e-8;

    private readonly Tensor _weight, _first, _second, _root;
    private int _step;

    /// <summary>Moments at zero.</summary>
    public TorchAdamW(Tensor weight) =>
        (_weight, _first, _second, _root) = (weight, zeros_like(weight).detach(), zeros_like(weight).detach(), zeros_like(weight).detach());

    /// <summary>A step, without gradients being recorded.</summary>
    public void Step(Tensor gradient)
    {
        _step++;
        _first.mul_(Beta1).add_(gradient, 1 - Beta1);
        _second.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        _root.copy_(_second).sqrt_().mul_(1 / Math.Sqrt(1 - Math.Pow(Beta2, _step))).add_(Epsilon);
        _weight.addcdiv_(_first, _root, -Rate / (1 - Math.Pow(Beta1, _step)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _root.Dispose();
    }
}
