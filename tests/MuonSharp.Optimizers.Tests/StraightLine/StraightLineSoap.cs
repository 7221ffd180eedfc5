using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace MuonSharp.Optimizers.Tests;

/// <summary>SOAP of one matrix, or of a vector, with another library's eigenvectors and QR.</summary>
internal sealed class StraightLineSoap(StraightLineSoap.Formula formula, float[] start, int[] shape) : StraightLineOptimizer(start)
{
    private readonly int _rows = shape.Length == 1 ? 1 : shape[0];
    private readonly int _columns = shape.Length == 1 ? shape[0] : start.Length / shape[0];
    private Matrix<double>? _l;
    private Matrix<double>? _r;
    private Matrix<double>? _ql;
    private Matrix<double>? _qr;
    private Matrix<double> _m = Matrix<double>.Build.Dense(1, 1);
    private Matrix<double> _v = Matrix<double>.Build.Dense(1, 1);
    private int _t = -1;

    public override (double LearningRate, double WeightDecay, double Momentum) Standard => (3e-3, 0.01, 0.95);

    public override void Step(float[]? gradient, double learningRate, double weightDecay, double momentum)
    {
        if (gradient is null)
        {
            return;
        }

        Matrix<double> g = Matrix<double>.Build.Dense(_rows, _columns, (i, j) => gradient[(i * _columns) + j]);
        double b1 = momentum, b2 = formula.Beta2, sb = formula.ShampooBeta ?? formula.Beta2;
        if (++_t == 0)
        {
            (_m, _v) = (Matrix<double>.Build.Dense(_rows, _columns), Matrix<double>.Build.Dense(_rows, _columns));
            if (shape.Length > 1 && _rows <= formula.LongestSide)
            {
                _l = (1 - sb) * g.TransposeAndMultiply(g);
                _ql = Vectors(_l);
            }

            if (shape.Length > 1 && _columns <= formula.LongestSide)
            {
                _r = (1 - sb) * g.TransposeThisAndMultiply(g);
                _qr = Vectors(_r);
            }

            return;
        }

        Matrix<double> rotated = Into(g);
        _m = (b1 * _m) + ((1 - b1) * rotated);
        _v = (b2 * _v) + ((1 - b2) * rotated.PointwiseMultiply(rotated));
        Matrix<double> update = Back(_m.PointwiseDivide(_v.PointwiseSqrt() + formula.Epsilon));
        double step = learningRate * Math.Sqrt(1 - Math.Pow(b2, _t)) / (1 - Math.Pow(b1, _t));
        for (int i = 0; i < Weights.Length; i++)
        {
            Weights[i] -= step * update[i / _columns, i % _columns];
            Weights[i] -= learningRate * weightDecay * Weights[i];
        }

        Matrix<double> original = Back(_m);
        if (_l is not null)
        {
            _l = (sb * _l) + ((1 - sb) * g.TransposeAndMultiply(g));
        }

        if (_r is not null)
        {
            _r = (sb * _r) + ((1 - sb) * g.TransposeThisAndMultiply(g));
        }

        if (_t % formula.Frequency == 0)
        {
            if (_l is not null)
            {
                int[] order = Order(_l, _ql!);
                _v = Matrix<double>.Build.DenseOfRows(order.Select(i => _v.Row(i)));
                _ql = (_l * Matrix<double>.Build.DenseOfColumns(order.Select(i => _ql!.Column(i)))).QR().Q;
            }

            if (_r is not null)
            {
                int[] order = Order(_r, _qr!);
                _v = Matrix<double>.Build.DenseOfColumns(order.Select(i => _v.Column(i)));
                _qr = (_r * Matrix<double>.Build.DenseOfColumns(order.Select(i => _qr!.Column(i)))).QR().Q;
            }
        }

        _m = Into(original);
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

    private Matrix<double> Into(Matrix<double> x)
    {
        x = _ql is null ? x : _ql.TransposeThisAndMultiply(x);
        return _qr is null ? x : x * _qr;
    }

    private Matrix<double> Back(Matrix<double> x)
    {
        x = _ql is null ? x : _ql * x;
        return _qr is null ? x : x.TransposeAndMultiply(_qr);
    }

    /// <summary>The numbers of a run; the defaults are the reference's.</summary>
    internal sealed record Formula
    {
        public double Beta2 { get; init; } = 0.95;

        public double? ShampooBeta { get; init; }

        public double Epsilon { get; init; } = 1e-8;

        public int Frequency { get; init; } = 10;

        public int LongestSide { get; init; } = 10000;
    }
}
