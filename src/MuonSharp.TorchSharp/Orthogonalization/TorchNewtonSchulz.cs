using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary><see cref="NewtonSchulz"/> in torch operations: X &lt;- X / (factor ||X||_F + eps), then A = XXᵀ, X &lt;- aX + (bA + cA²)X for each (a, b, c).</summary>
internal static class TorchNewtonSchulz
{
    /// <summary>Wide matrices, in their own type; the norm is taken in float32 or longer.</summary>
    public static Tensor Run(NewtonSchulz iteration, Tensor x)
    {
        Tensor norm = Batch.Norm(x).mul(iteration.NormFactor);
        Tensor divisor = iteration.Floor == NormFloor.Sum ? norm.add(iteration.Epsilon) : norm.clamp_min(iteration.Epsilon);
        x = x.div(divisor).to(x.dtype);
        foreach (QuinticCoefficients step in iteration.Steps)
        {
            // The matrices of a step are freed with it: a batch may be most of a model.
            using DisposeScope scope = NewDisposeScope();
            using Tensor before = x;
            Tensor gram = Batch.Gram(x);
            Tensor polynomial = Batch.Combine(gram, step.B, gram, gram, step.C);
            x = Batch.Combine(x, step.A, polynomial, x, 1).MoveToOuterDisposeScope();
        }

        return x;
    }
}
