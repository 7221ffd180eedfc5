using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary><see cref="ExactPolar"/> in torch operations: U Vᵀ of a singular value decomposition in double precision.</summary>
/// <remarks>Singular values of at most 1e-13 ||X||_F count as zero. Devices without float64 compute in float32, where the bound is 1e-6. For checks: a decomposition waits for its device.</remarks>
internal static class TorchExactPolar
{
    private const double Negligible = 1e-13;
    private const double NegligibleInSingle = 1e-6;

    /// <summary>Wide matrices.</summary>
    public static Tensor Run(Tensor matrices)
    {
        bool single = matrices.device.type == DeviceType.MPS;
        Tensor x = matrices.to(single ? ScalarType.Float32 : ScalarType.Float64);
        x = x.div(Batch.NotZero(Batch.Norm(x)));
        (Tensor u, Tensor s, Tensor vh) = linalg.svd(x, fullMatrices: false);
        Tensor kept = s.gt(single ? NegligibleInSingle : Negligible).to(x.dtype);
        return u.mul(kept.unsqueeze(1)).bmm(vh);
    }
}
