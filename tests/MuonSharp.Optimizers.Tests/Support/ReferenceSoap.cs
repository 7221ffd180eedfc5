using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace MuonSharp.Optimizers.Tests;

/// <summary>SOAP written down straight, in double precision, with another library's linear algebra.</summary>
internal sealed class ReferenceSoap(float[] weights, int rows, int columns, SoapOptions options)
{
    private readonly bool _left = rows > 1 && rows <= options.MaximumPreconditionerDimension;
    private readonly bool _right = rows > 1 && columns <= options.MaximumPreconditionerDimension;
    private Matrix<double> _l = Matrix<double>.Build.Dense(rows, rows);
    private Matrix<double> _r = Matrix<double>.Build.Dense(columns, columns);
    private Matrix<double> _ql = Matrix<double>.Build.DenseIdentity(rows);
    private Matrix<double> _qr = Matrix<double>.Build.DenseIdentity(columns);
    private Matrix<double> _m = Matrix<double>.Build.Dense(rows, columns);
    private Matrix<double> _v = Matrix<double>.Build.Dense(rows, columns);
    private int _t = -1;

    public Matrix<double> Weights { get; private set; } = Matrix<double>.Build.Dense(rows, columns, (i, j) => weights[(i * columns) + j]);

    public void Step(float[] gradient, double learningRate, double beta1)
    {
        Matrix<double> g = Matrix<double>.Build.Dense(rows, columns, (i, j) => gradient[(i * columns) + j]);
        if (++_t == 0)
        {
            Accumulate(g);
            _ql = _left ? Vectors(_l) : _ql;
            _qr = _right ? Vectors(_r) : _qr;
            return;
        }

        Matrix<double> rotated = _ql.Transpose() * g * _qr;
        _m = (beta1 * _m) + ((1 - beta1) * rotated);
        _v = (options.Beta2 * _v) + ((1 - options.Beta2) * rotated.PointwiseMultiply(rotated));
        double step = learningRate * Math.Sqrt(1 - Math.Pow(options.Beta2, _t)) / (1 - Math.Pow(beta1, _t));
        Weights -= step * (_ql * _m.PointwiseDivide(_v.PointwiseSqrt() + options.Epsilon) * _qr.Transpose());
        Weights -= learningRate * options.WeightDecay.At(1, 1) * Weights;
        Accumulate(g);
        if (_t % options.PreconditionFrequency == 0)
        {
            Matrix<double> original = _ql * _m * _qr.Transpose();
            if (_left)
            {
                int[] order = Order(_l, _ql);
                _v = Matrix<double>.Build.DenseOfRows(order.Select(i => _v.Row(i)));
                _ql = (_l * Matrix<double>.Build.DenseOfColumns(order.Select(i => _ql.Column(i)))).QR().Q;
            }

            if (_right)
            {
                int[] order = Order(_r, _qr);
                _v = Matrix<double>.Build.DenseOfColumns(order.Select(i => _v.Column(i)));
                _qr = (_r * Matrix<double>.Build.DenseOfColumns(order.Select(i => _qr.Column(i)))).QR().Q;
            }

            _m = _ql.Transpose() * original * _qr;
        }
    }

    private static Matrix<double> Vectors(Matrix<double> symmetric)
    {
        Evd<double> evd = symmetric.Evd(Symmetricity.Symmetric);
        return Matrix<double>.Build.DenseOfColumns(
            Enumerable.Range(0, symmetric.RowCount).OrderByDescending(i => evd.EigenValues[i].Real).Select(i => evd.EigenVectors.Column(i)));
    }

    private static int[] Order(Matrix<double> statistic, Matrix<double> basis)
    {
        Vector<double> estimates = (basis.Transpose() * statistic * basis).Diagonal();
        return [.. Enumerable.Range(0, basis.RowCount).OrderByDescending(i => estimates[i])];
    }

    private void Accumulate(Matrix<double> g)
    {
        double beta = options.ShampooBeta ?? options.Beta2;
        _l = (beta * _l) + ((1 - beta) * (g * g.Transpose()));
        _r = (beta * _r) + ((1 - beta) * (g.Transpose() * g));
    }
}
