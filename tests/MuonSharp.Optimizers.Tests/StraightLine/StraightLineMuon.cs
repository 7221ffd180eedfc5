using MathNet.Numerics.LinearAlgebra;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Muon of one matrix [first axis, all others] by the formulas of seven references, and of the default.</summary>
internal sealed class StraightLineMuon(StraightLineMuon.Formula formula, float[] start, int[] shape, bool inOut = false) : StraightLineOptimizer(start)
{
    private readonly double[] _momentum = new double[start.Length];
    private readonly double[] _rowSquares = new double[inOut ? start.Length / shape[0] : shape[0]];
    private int _count;

    public static IReadOnlyDictionary<string, Formula> Formulas { get; } = new Dictionary<string, Formula>(StringComparer.Ordinal)
    {
        ["default"] = new(0.02, 0, 0.95) { Orthogonalize = ZolotarevOfOrder2 },
        ["keller-jordan"] = new(0.02, 0, 0.95) { Missing = "zero" },
        ["torch"] = new(1e-3, 0.1, 0.95) { GreaterOfNormAndEpsilon = true },
        ["moonlight"] = new(1e-3, 0.1, 0.95) { Momentum = "sum", Scale = "match-rms-adamw" },
        ["kimi-k2"] = new(2e-4, 0.1, 0.95) { Momentum = "sum", Nesterov = false, Scale = "match-rms-adamw" },
        ["optax"] = new(0.02, 0, 0.95) { Momentum = "corrected", Epsilon = 1e-8, Missing = "zero" },
        ["normuon"] = new(0.02, 0, 0.95) { RowBeta = 0.95, Missing = "zero without decay" },
        ["airbench94"] = new(0.24, 0, 0.6) { Momentum = "sum", Iterations = 3, Scale = "none", BringsWeightsToNorm = true },
    };

    public override (double LearningRate, double WeightDecay, double Momentum) Standard => (formula.LearningRate, formula.WeightDecay, formula.Mu);

    public override void Step(float[]? gradient, double learningRate, double weightDecay, double momentum)
    {
        if (gradient is null && formula.Missing is "skip")
        {
            return;
        }

        _count++;
        double decay = gradient is null && formula.Missing is "zero without decay" ? 0 : weightDecay;
        double[] direction = Direction(gradient ?? new float[Weights.Length], decay, momentum);

        // From here on rows are outputs.
        int rows = shape[0], columns = Weights.Length / shape[0];
        direction = inOut ? DoubleLoops.Transpose(direction, rows, columns) : direction;
        (int outputs, int inputs) = inOut ? (columns, rows) : (rows, columns);
        double[] x = formula.Orthogonalize?.Invoke(direction, outputs, inputs)
            ?? NewtonSchulz(direction, outputs, inputs, formula.Iterations, formula.Epsilon, formula.GreaterOfNormAndEpsilon, Formula.Coefficients);
        if (formula.RowBeta is { } beta)
        {
            NormalizeRows(x, inputs, beta);
        }

        x = inOut ? DoubleLoops.Transpose(x, outputs, inputs) : x;
        if (formula.BringsWeightsToNorm && DoubleLoops.Norm(Weights) is > 0 and var norm)
        {
            Each(i => Weights[i] *= Math.Sqrt(outputs) / norm);
        }

        double rate = learningRate * Factor(outputs, inputs);
        decay = formula.CoupledDecay ? 0 : decay;
        Each(i => Weights[i] = (Weights[i] * (1 - (learningRate * decay))) - (rate * x[i]));
    }

    /// <summary>X = u / norm, then A = X Xᵀ, B = b A + c A A, X = a X + B X as often as told; on the transpose where rows exceed columns.</summary>
    public static double[] NewtonSchulz(
        double[] u, int rows, int columns, int iterations, double epsilon, bool greaterOfNormAndEpsilon, (double A, double B, double C) coefficients)
    {
        if (rows > columns)
        {
            double[] wide = DoubleLoops.Transpose(u, rows, columns);
            return DoubleLoops.Transpose(
                NewtonSchulz(wide, columns, rows, iterations, epsilon, greaterOfNormAndEpsilon, coefficients), columns, rows);
        }

        double norm = DoubleLoops.Norm(u);
        norm = greaterOfNormAndEpsilon ? Math.Max(norm, epsilon) : norm + epsilon;
        double[] x = [.. u.Select(value => value / norm)];
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            double[] a = DoubleLoops.Product(x, DoubleLoops.Transpose(x, rows, columns), rows, columns, rows);
            double[] square = DoubleLoops.Product(a, a, rows, rows, rows);
            double[] b = [.. a.Zip(square, (one, two) => (coefficients.B * one) + (coefficients.C * two))];
            double[] bx = DoubleLoops.Product(b, x, rows, rows, columns);
            x = [.. x.Zip(bx, (one, two) => (coefficients.A * one) + two)];
        }

        return x;
    }

    /// <summary>M x (1 + sum of a / (t + p)), t = x², of a matrix: each 1 / (t + p) is an inverse of X Xᵀ + p u², u² a bound of its greatest eigenvalue.</summary>
    private static double[] ZolotarevOfOrder2(double[] x, int rows, int columns)
    {
        if (rows > columns)
        {
            return DoubleLoops.Transpose(ZolotarevOfOrder2(DoubleLoops.Transpose(x, rows, columns), columns, rows), columns, rows);
        }

        double norm = DoubleLoops.Norm(x);
        if (norm == 0)
        {
            return new double[x.Length];
        }

        double[] unit = [.. x.Select(value => value / norm)];
        double[] r = DoubleLoops.Product(unit, DoubleLoops.Transpose(unit, rows, columns), rows, columns, rows);
        double trace = Enumerable.Range(0, rows).Sum(i => r[(i * rows) + i]);
        double squares = r.Sum(value => value * value);
        double longest = Enumerable.Range(0, rows).Max(i => Enumerable.Range(0, rows).Sum(j => Math.Abs(r[(i * rows) + j])));
        double moments = (trace + Math.Sqrt(Math.Max(0, (rows - 1) * ((rows * squares) - (trace * trace))))) / rows;
        double bound = Math.Min(moments, Math.Min(longest, Math.Sqrt(squares))) * (1 + 1e-5);
        Matrix<double> gram = Matrix<double>.Build.Dense(rows, rows, r);
        Matrix<double> q = Matrix<double>.Build.DenseIdentity(rows);
        foreach ((double p, double a) in new[] { (1.8960818006343168e-05, 0.009583580408643886), (0.009186059628452916, 0.19260820402245848) })
        {
            q += a * bound * (gram + (p * bound * Matrix<double>.Build.DenseIdentity(rows))).Cholesky().Solve(Matrix<double>.Build.DenseIdentity(rows));
        }

        q *= 0.9619399092429731 / Math.Sqrt(bound);
        return DoubleLoops.Product(q.ToRowMajorArray(), unit, rows, rows, columns);
    }

    private double[] Direction(float[] gradient, double decay, double momentum)
    {
        double[] direction = new double[Weights.Length];
        Each(i =>
        {
            double g = gradient[i] + (formula.CoupledDecay ? decay * Weights[i] : 0);
            ref double m = ref _momentum[i];
            switch (formula.Momentum)
            {
                case "sum":
                    m = (momentum * m) + g;
                    direction[i] = formula.Nesterov ? g + (momentum * m) : m;
                    break;
                case "corrected":
                    m += (1 - momentum) * (g - m);
                    direction[i] = (momentum * m / (1 - Math.Pow(momentum, _count + 1))) + ((1 - momentum) * g / (1 - Math.Pow(momentum, _count)));
                    break;
                default:
                    m += (1 - momentum) * (g - m);
                    direction[i] = formula.Nesterov ? ((1 - momentum) * g) + (momentum * m) : m;
                    break;
            }
        });
        return direction;
    }

    private void NormalizeRows(double[] x, int columns, double beta)
    {
        double before = DoubleLoops.Norm(x);
        for (int row = 0; row < _rowSquares.Length; row++)
        {
            Span<double> values = x.AsSpan(row * columns, columns);
            double mean = 0;
            foreach (double value in values)
            {
                mean += value * value / columns;
            }

            _rowSquares[row] += (1 - beta) * (mean - _rowSquares[row]);
            foreach (ref double value in values)
            {
                value /= Math.Sqrt(_rowSquares[row]) + 1e-10;
            }
        }

        double factor = before / (DoubleLoops.Norm(x) + 1e-10);
        foreach (ref double value in x.AsSpan())
        {
            value *= factor;
        }
    }

    private double Factor(int outputs, int inputs) => formula.Scale switch
    {
        "original" when formula.FactorOfKernel && shape.Length == 4 => Math.Sqrt(Math.Max(1, (double)shape[2] / shape[3])),
        "original" => Math.Sqrt(Math.Max(1, (double)outputs / inputs)),
        "match-rms-adamw" => 0.2 * Math.Sqrt(Math.Max(outputs, inputs)),
        "spectral-unclamped" => Math.Sqrt((double)outputs / inputs),
        _ => 1,
    };

    private void Each(Action<int> action)
    {
        for (int i = 0; i < Weights.Length; i++)
        {
            action(i);
        }
    }

    /// <summary>What a reference fixes; the defaults are those of the original.</summary>
    internal sealed record Formula(double LearningRate, double WeightDecay, double Mu)
    {
        public static readonly (double A, double B, double C) Coefficients = (3.4445, -4.7750, 2.0315);

        /// <summary>average: m + (1 - mu)(g - m). sum: mu m + g. corrected: the average over its share of the past, with look-ahead.</summary>
        public string Momentum { get; init; } = "average";

        public bool Nesterov { get; init; } = true;

        /// <summary>In place of Newton-Schulz: (X, rows, columns) to its polar factor.</summary>
        public Func<double[], int, int, double[]>? Orthogonalize { get; init; }

        public int Iterations { get; init; } = 5;

        public double Epsilon { get; init; } = 1e-7;

        public bool GreaterOfNormAndEpsilon { get; init; }

        public string Scale { get; init; } = "original";

        /// <summary>skip, zero, or zero without decay.</summary>
        public string Missing { get; init; } = "skip";

        public double? RowBeta { get; init; }

        public bool BringsWeightsToNorm { get; init; }

        /// <summary>KellerJordan/Muon's factor for filters.</summary>
        public bool FactorOfKernel { get; init; }

        /// <summary>MLX's decay.</summary>
        public bool CoupledDecay { get; init; }
    }
}
