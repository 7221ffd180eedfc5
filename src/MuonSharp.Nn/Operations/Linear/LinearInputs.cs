using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The operands of a linear layer, their shapes checked.</summary>
internal sealed unsafe record LinearInputs(Tensor X, Tensor Weight, Tensor? Bias, Tensor? Residual, MatrixOrientation Orientation)
{
    public int FanOut => Orientation == MatrixOrientation.OutIn ? Weight.Rows : Weight.Columns;

    /// <summary>FLOPs of x Wᵀ, and of each of its two gradients.</summary>
    public double ProductFlops => 2.0 * X.Rows * Weight.Length;

    /// <summary>Rows x fan-in -> fan-out.</summary>
    public string Shape => $"{X.Rows}x{X.Columns}->{FanOut}";

    /// <summary>Some matrix stored like the weight, seen as [in, out].</summary>
    public Matrix InOut(float* data)
    {
        var stored = Matrix.Dense(data, Weight.Rows, Weight.Columns);
        return Orientation == MatrixOrientation.OutIn ? stored.Transposed : stored;
    }
}
