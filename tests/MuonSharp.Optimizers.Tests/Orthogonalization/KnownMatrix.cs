namespace MuonSharp.Optimizers.Tests;

/// <summary>X = U S Vᵀ [rows, columns], rows &lt;= columns, with U and V products of random reflections: known to the last digit, at any size, without a decomposition.</summary>
internal sealed class KnownMatrix
{
    /// <summary>Enough that every element of X takes part in every singular vector.</summary>
    private const int Reflections = 12;

    private readonly double[][] _left;
    private readonly double[][] _right;

    public KnownMatrix(string name, int rows, int columns, Func<int, double> singularValue)
    {
        (Name, Rows, Columns) = (name, rows, columns);
        _left = [.. Enumerable.Range(0, Reflections).Select(i => Direction($"left/{i}", rows))];
        _right = [.. Enumerable.Range(0, Reflections).Select(i => Direction($"right/{i}", columns))];
        Values = [.. Matrix(singularValue).Select(value => (float)value)];
        Polar = Matrix(static _ => 1);
    }

    public string Name { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>X in float32.</summary>
    public float[] Values { get; }

    /// <summary>U Vᵀ.</summary>
    public double[] Polar { get; }

    /// <summary>The diagonal of Uᵀ Y V, which are Y's singular values where Y has X's singular vectors, and the norm of the rest.</summary>
    public (double[] Values, double Remainder) SingularValues(float[] y)
    {
        double[] d = [.. y.Select(value => (double)value)];
        ReflectRows(d, _left);
        ReflectColumns(d, _right);
        double[] values = [.. Enumerable.Range(0, Rows).Select(i => d[(i * Columns) + i])];
        return (values, Math.Sqrt(Math.Max(0, d.Sum(value => value * value) - values.Sum(value => value * value))));
    }

    private static double[] Direction(string stream, int length)
    {
        float[] values = new float[length];
        TestModel.Fill("known/" + stream, length, values, 1);
        double norm = Math.Sqrt(values.Sum(value => (double)value * value));
        return [.. values.Select(value => value / norm)];
    }

    private double[] Matrix(Func<int, double> singularValue)
    {
        double[] x = new double[Rows * Columns];
        for (int i = 0; i < Rows; i++)
        {
            x[(i * Columns) + i] = singularValue(i);
        }

        ReflectRows(x, [.. _left.Reverse()]);
        ReflectColumns(x, [.. _right.Reverse()]);
        return x;
    }

    /// <summary>X &lt;- (1 - 2 v vᵀ) X for each v in turn.</summary>
    private void ReflectRows(double[] x, double[][] directions)
    {
        foreach (double[] v in directions)
        {
            double[] sums = new double[Columns];
            for (int i = 0; i < Rows; i++)
            {
                for (int j = 0; j < Columns; j++)
                {
                    sums[j] += v[i] * x[(i * Columns) + j];
                }
            }

            for (int i = 0; i < Rows; i++)
            {
                for (int j = 0; j < Columns; j++)
                {
                    x[(i * Columns) + j] -= 2 * v[i] * sums[j];
                }
            }
        }
    }

    /// <summary>X &lt;- X (1 - 2 v vᵀ) for each v in turn.</summary>
    private void ReflectColumns(double[] x, double[][] directions)
    {
        foreach (double[] v in directions)
        {
            for (int i = 0; i < Rows; i++)
            {
                Span<double> row = x.AsSpan(i * Columns, Columns);
                double sum = 0;
                for (int j = 0; j < Columns; j++)
                {
                    sum += row[j] * v[j];
                }

                for (int j = 0; j < Columns; j++)
                {
                    row[j] -= 2 * sum * v[j];
                }
            }
        }
    }
}
