using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Shampoo of one block written down straight, in double precision, with another library's linear algebra.</summary>
internal sealed class ReferenceShampoo(float[] weights, int rows, int columns, ShampooOptions options)
{
    private Matrix<double> _l = Matrix<double>.Build.Dense(rows, rows);
    private Matrix<double> _r = Matrix<double>.Build.Dense(columns, columns);
    private Matrix<double> _leftRoot = Matrix<double>.Build.Dense(rows, rows);
    private Matrix<double> _rightRoot = Matrix<double>.Build.Dense(columns, columns);
    private Matrix<double> _m = Matrix<double>.Build.Dense(rows, columns);
    private Matrix<double> _v = Matrix<double>.Build.Dense(rows, columns);
    private int _t;

    public Matrix<double> Weights { get; private set; } = Matrix<double>.Build.Dense(rows, columns, (i, j) => weights[(i * columns) + j]);

    public void Step(float[] gradient, double learningRate, double beta1)
    {
        Matrix<double> g = Matrix<double>.Build.Dense(rows, columns, (i, j) => gradient[(i * columns) + j]);
        double b2 = options.Beta2, gb2 = options.GraftingBeta2;
        _t++;
        _l = (b2 * _l) + ((1 - b2) * (g * g.Transpose()));
        _r = (b2 * _r) + ((1 - b2) * (g.Transpose() * g));
        _v = (gb2 * _v) + ((1 - gb2) * g.PointwiseMultiply(g));
        _m = (beta1 * _m) + ((1 - beta1) * g);
        Matrix<double> momentum = _m / (1 - Math.Pow(beta1, _t));
        if (_t % options.PreconditionFrequency == 0)
        {
            _leftRoot = Root(_l / (1 - Math.Pow(b2, _t)));
            _rightRoot = Root(_r / (1 - Math.Pow(b2, _t)));
        }

        Matrix<double> adam = momentum.PointwiseDivide((_v / (1 - Math.Pow(gb2, _t))).PointwiseSqrt() + options.GraftingEpsilon);
        Matrix<double> p = _leftRoot * momentum * _rightRoot;
        if (options.Grafting == ShampooGrafting.Adam)
        {
            p = _t < options.PreconditionFrequency ? adam : p * (adam.FrobeniusNorm() / (p.FrobeniusNorm() + 1e-16));
        }

        Weights -= learningRate * (p + (options.WeightDecay.At(1, 1) * Weights));
    }

    private Matrix<double> Root(Matrix<double> symmetric)
    {
        Evd<double> evd = symmetric.Evd(Symmetricity.Symmetric);
        double[] values = [.. evd.EigenValues.Select(value => value.Real)];
        double lift = options.Epsilon - Math.Min(0, values.Min());
        return evd.EigenVectors * Matrix<double>.Build.DenseDiagonal(values.Length, values.Length, i => Math.Pow(values[i] + lift, -0.25)) * evd.EigenVectors.Transpose();
    }
}
