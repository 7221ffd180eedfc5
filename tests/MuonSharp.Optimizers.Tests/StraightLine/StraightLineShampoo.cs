using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Shampoo of one matrix, block by block, with another library's eigenvectors.</summary>
internal sealed class StraightLineShampoo : StraightLineOptimizer
{
    private readonly List<Block> _blocks = [];
    private readonly int _columns;

    public StraightLineShampoo(Formula formula, float[] start, int[] shape)
        : base(start)
    {
        _columns = start.Length / shape[0];
        for (int row = 0; row < shape[0]; row += formula.BlockSize)
        {
            for (int column = 0; column < _columns; column += formula.BlockSize)
            {
                _blocks.Add(new Block(
                    formula, row, column, Math.Min(formula.BlockSize, shape[0] - row), Math.Min(formula.BlockSize, _columns - column)));
            }
        }
    }

    public override (double LearningRate, double WeightDecay, double Momentum) Standard => (0.0018, 0, 0.95);

    public override void Step(float[]? gradient, double learningRate, double weightDecay, double momentum)
    {
        if (gradient is null)
        {
            return;
        }

        foreach (Block block in _blocks)
        {
            Matrix<double> p = block.Direction(
                Matrix<double>.Build.Dense(block.Rows, block.Columns, (i, j) => gradient[((block.Row + i) * _columns) + block.Column + j]), momentum);
            for (int i = 0; i < block.Rows; i++)
            {
                for (int j = 0; j < block.Columns; j++)
                {
                    ref double weight = ref Weights[((block.Row + i) * _columns) + block.Column + j];
                    weight -= learningRate * (p[i, j] + (weightDecay * weight));
                }
            }
        }
    }

    private sealed class Block(Formula formula, int row, int column, int rows, int columns)
    {
        private Matrix<double> _l = Matrix<double>.Build.Dense(rows, rows);
        private Matrix<double> _r = Matrix<double>.Build.Dense(columns, columns);
        private Matrix<double> _leftRoot = Matrix<double>.Build.Dense(rows, rows);
        private Matrix<double> _rightRoot = Matrix<double>.Build.Dense(columns, columns);
        private Matrix<double> _m = Matrix<double>.Build.Dense(rows, columns);
        private Matrix<double> _v = Matrix<double>.Build.Dense(rows, columns);
        private int _t;

        public int Row => row;

        public int Column => column;

        public int Rows => rows;

        public int Columns => columns;

        public Matrix<double> Direction(Matrix<double> g, double b1)
        {
            double b2 = formula.Beta2, gb2 = formula.GraftingBeta2;
            _t++;
            _l = (b2 * _l) + ((1 - b2) * g.TransposeAndMultiply(g));
            _r = (b2 * _r) + ((1 - b2) * g.TransposeThisAndMultiply(g));
            _v = (gb2 * _v) + ((1 - gb2) * g.PointwiseMultiply(g));
            _m = (b1 * _m) + ((1 - b1) * g);
            if (_t % formula.Frequency == 0)
            {
                _leftRoot = Root(_l / (1 - Math.Pow(b2, _t)));
                _rightRoot = Root(_r / (1 - Math.Pow(b2, _t)));
            }

            Matrix<double> momentum = _m / (1 - Math.Pow(b1, _t));
            Matrix<double> adam = momentum.PointwiseDivide((_v / (1 - Math.Pow(gb2, _t))).PointwiseSqrt() + formula.GraftingEpsilon);
            if (formula.Grafted && _t < formula.Frequency)
            {
                return adam;
            }

            Matrix<double> p = _leftRoot * momentum * _rightRoot;
            return formula.Grafted ? p * (adam.FrobeniusNorm() / (p.FrobeniusNorm() + 1e-16)) : p;
        }

        private Matrix<double> Root(Matrix<double> symmetric)
        {
            Evd<double> evd = symmetric.Evd(Symmetricity.Symmetric);
            double[] values = [.. evd.EigenValues.Select(value => value.Real)];
            double lift = formula.Epsilon - Math.Min(0, values.Min());
            Matrix<double> scaled = Matrix<double>.Build.DenseOfColumns(
                values.Select((value, i) => evd.EigenVectors.Column(i) * Math.Pow(value + lift, -0.25)));
            return scaled.TransposeAndMultiply(evd.EigenVectors);
        }
    }

    /// <summary>The numbers of a run; the defaults are those of the published comparison.</summary>
    internal sealed record Formula
    {
        public double Beta2 { get; init; } = 0.95;

        public double Epsilon { get; init; } = 1e-12;

        public int Frequency { get; init; } = 10;

        public int BlockSize { get; init; } = 1024;

        public bool Grafted { get; init; } = true;

        public double GraftingBeta2 { get; init; } = 0.95;

        public double GraftingEpsilon { get; init; } = 1e-8;
    }
}
