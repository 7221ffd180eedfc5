using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary><see cref="ZolotarevPolar"/> in torch operations: one Gram matrix, an inverse a pole by Cholesky, one product.</summary>
/// <remarks>
/// <code>
/// R = XXᵀ,  u² &gt;= its greatest eigenvalue;  W_j = (R + p_j u² I)^-1;  Y = (M / u)(I + sum_j a_j u² W_j) X
/// </code>
/// </remarks>
internal static class TorchZolotarev
{
    /// <summary>What rounding may add to the bound.</summary>
    private const double Margin = 1 + 1e-5;

    private static readonly long[] s_matrix = [-2, -1];

    /// <summary>Wide matrices. On the processor it is known whether a factorization failed; elsewhere nobody asks.</summary>
    public static Tensor Run(ZolotarevPolar polar, Tensor matrices, OrthogonalizationTally tally) =>
        Run(polar.Fraction, matrices, tally, asks: matrices.device.type == DeviceType.CPU);

    /// <summary>The same with the choice given.</summary>
    public static Tensor Run(ZolotarevFraction fraction, Tensor matrices, OrthogonalizationTally tally, bool asks)
    {
        Tensor x = Batch.InFullPrecision(matrices);
        x = x.div(Batch.NotZero(Batch.Norm(x)));
        Tensor gram = Batch.Gram(x);
        Tensor bound = Bound(gram);
        Tensor sum = zeros_like(gram);
        Tensor? broken = null;
        for (int j = 0; j < fraction.Poles.Length; j++)
        {
            ZolotarevPole pole = fraction.Poles[j];
            (Tensor inverse, Tensor failed) = Invert(gram, bound.mul(pole.P));
            if (j == 0 && (!asks || Any(failed)))
            {
                (Tensor raised, Tensor failedAgain) = Invert(gram, bound.mul(pole.P * ZolotarevPolar.PoleRaise));
                inverse = where(failed, raised, inverse);
                int before = asks ? Count(failed) : 0;
                failed = failed.logical_and(failedAgain);
                tally.PolesRaised += asks ? before - Count(failed) : 0;
            }

            broken = broken is null ? failed : broken.logical_or(failed);
            sum.add_(inverse.masked_fill(failed, 0).mul(bound), pole.A);
        }

        Tensor unit = bound.rsqrt().mul(fraction.Multiplier);
        Tensor result = Batch.AddToDiagonal(sum, 1).mul(unit).bmm(x);
        if (!asks || !Any(broken!))
        {
            return result;
        }

        tally.FallBacks += Count(broken!);
        return where(broken!, TorchGramNewtonSchulz.Run(GramNewtonSchulz.PolarExpress5, x), result);
    }

    /// <summary>An upper bound of the greatest eigenvalue, [batch, 1, 1]; 1 for a matrix of zeros.</summary>
    private static Tensor Bound(Tensor gram)
    {
        Tensor r = gram.device.type == DeviceType.MPS ? gram : gram.to(ScalarType.Float64);
        long size = gram.shape[1];
        Tensor trace = r.diagonal(0, 1, 2).sum(-1, keepdim: true).unsqueeze(-1);
        Tensor squares = r.square().sum(s_matrix, keepdim: true);
        Tensor longest = r.abs().sum(-1, keepdim: true).amax(s_matrix, keepdim: true);
        Tensor spread = squares.mul(size).sub_(trace.square()).clamp_min_(0);
        Tensor byMoments = spread.mul_(size - 1).sqrt_().add_(trace).div_(size);
        return Batch.NotZero(minimum(byMoments, minimum(longest, squares.sqrt())).mul_(Margin).to(gram.dtype));
    }

    /// <summary>(R + shift I)^-1, and for each matrix whether that failed, [batch, 1, 1].</summary>
    private static (Tensor Inverse, Tensor Failed) Invert(Tensor gram, Tensor shift)
    {
        Tensor shifted = Batch.AddToDiagonal(gram.clone(), shift.squeeze(-1));
        (Tensor lower, Tensor info) = linalg.cholesky_ex(shifted);
        return (lower.cholesky_inverse(), info.ne(0).reshape(-1, 1, 1));
    }

    private static bool Any(Tensor flags) => flags.any().item<bool>();

    private static int Count(Tensor flags) => (int)flags.sum().item<long>();
}
