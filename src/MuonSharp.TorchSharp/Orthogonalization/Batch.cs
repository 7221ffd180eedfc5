using TorchSharp;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>What the orthogonalizers share: norms and products of a batch of matrices.</summary>
internal static class Batch
{
    private static readonly long[] s_matrix = [-2, -1];

    /// <summary>||X||_F of each matrix, [batch, 1, 1], in float32 or longer; neither overflow nor underflow of squares.</summary>
    public static Tensor Norm(Tensor x)
    {
        Tensor wide = x.to(AtLeastSingle(x.dtype));
        Tensor greatest = wide.abs().amax(s_matrix, keepdim: true);
        Tensor unit = NotZero(greatest);
        return wide.div(unit).square().sum(s_matrix, keepdim: true).sqrt().mul(greatest);
    }

    /// <summary>The values, 1 where they are zero: for divisors.</summary>
    public static Tensor NotZero(Tensor x) => x.masked_fill(x.eq(0), 1);

    /// <summary>X, of the type that factorizations and squared condition numbers need.</summary>
    public static Tensor InFullPrecision(Tensor x) => x.to(AtLeastSingle(x.dtype));

    /// <summary>beta·A + alpha·L R, each product rounded to the type as the references do.</summary>
    /// <remarks>TorchSharp 0.107 hands the arguments of <c>baddbmm</c> to libtorch in another order than it names them, so it is not used.</remarks>
    public static Tensor Combine(Tensor a, double beta, Tensor left, Tensor right, double alpha)
    {
        Tensor product = left.bmm(right);
        return (alpha == 1 ? product : product.mul_(alpha)).add_(a, beta);
    }

    /// <summary>XXᵀ.</summary>
    public static Tensor Gram(Tensor x) => x.bmm(x.transpose(1, 2));

    /// <summary>Adds to every diagonal, in place; a number, or one for each matrix as [batch, 1].</summary>
    public static Tensor AddToDiagonal(Tensor squares, Scalar value)
    {
        squares.diagonal(0, 1, 2).add_(value);
        return squares;
    }

    /// <inheritdoc cref="AddToDiagonal(Tensor, Scalar)"/>
    public static Tensor AddToDiagonal(Tensor squares, Tensor values)
    {
        squares.diagonal(0, 1, 2).add_(values);
        return squares;
    }

    private static ScalarType AtLeastSingle(ScalarType type) => type == ScalarType.Float64 ? type : ScalarType.Float32;
}
