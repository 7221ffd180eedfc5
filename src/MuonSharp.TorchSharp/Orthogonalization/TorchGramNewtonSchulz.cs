using MuonSharp.Optimizers;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary><see cref="GramNewtonSchulz"/> in torch operations: the steps act on the small R = XXᵀ, and X is multiplied once for five of them.</summary>
internal static class TorchGramNewtonSchulz
{
    private static readonly long[] s_matrix = [-2, -1];

    /// <summary>Wide matrices.</summary>
    public static Tensor Run(GramNewtonSchulz iteration, Tensor matrices)
    {
        Tensor x = Batch.InFullPrecision(matrices);
        x = x.div(Batch.NotZero(Batch.Norm(x)));
        for (int first = 0; first < iteration.Steps.Length; first += GramNewtonSchulz.RestartInterval)
        {
            int end = Math.Min(iteration.Steps.Length, first + GramNewtonSchulz.RestartInterval);
            (Tensor product, Tensor? unit) = Steps(iteration, Batch.Gram(x), first, end);
            x = product.bmm(x);
            x = unit is null ? x : x.div(unit.sqrt());
        }

        return x;
    }

    /// <summary>The product of some steps' polynomials; with the schedule's first also u², by which R was divided.</summary>
    private static (Tensor Product, Tensor? Unit) Steps(GramNewtonSchulz iteration, Tensor gram, int first, int end)
    {
        Tensor? product = null, unit = null;
        for (int i = first; i < end; i++)
        {
            QuinticCoefficients step = iteration.Steps[i];
            Tensor square = gram.bmm(gram);
            if (i == 0)
            {
                unit = Batch.NotZero(square.square().sum(s_matrix, keepdim: true).sqrt().sqrt().mul(iteration.NormFactor * iteration.NormFactor));
                gram = gram.div(unit);
                square = square.div(unit.square());
            }

            Tensor z = Batch.AddToDiagonal(square.mul(step.C).add_(gram, step.B), step.A);
            product = product is null ? z : product.bmm(z);
            gram = i < end - 1 ? z.bmm(gram.bmm(z)) : gram;
        }

        return (product!, unit);
    }
}
