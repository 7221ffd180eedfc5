namespace MuonSharp.Numerics;

/// <summary>The singular values of a matrix: what an orthogonalization changes, and all that it changes.</summary>
/// <remarks>
/// <para>Square roots of the eigenvalues of the Gram matrix of the smaller side, in double precision; an eigenvalue that rounding has put below zero counts as zero.</para>
/// <para>Accuracy: with m the smaller side, the square of each to some m·1e-16 of the greatest's square. So each to less than 1e-6 of the greatest, as the numbers of a float32
/// matrix are themselves; what is smaller than that of the greatest is noise.</para>
/// <para>Cost: <see cref="Flops"/>. The bits do not depend on the number of workers.</para>
/// </remarks>
public static unsafe class SingularValues
{
    /// <summary>FLOPs of <see cref="Compute"/>: m²n for the Gram matrix, 4/3 m³ for its eigenvalues, m the smaller side.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public static double Flops(int rows, int columns)
    {
        double smaller = Math.Min(rows, columns);
        return smaller * smaller * (Math.Max(rows, columns) + (4.0 / 3 * smaller));
    }

    /// <summary>Doubles of scratch that <see cref="Compute"/> needs.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public static long ScratchLength(int rows, int columns)
    {
        int size = Math.Min(rows, columns);
        return ((long)rows * columns) + ((long)size * size) + SymmetricEigen.ValuesScratchLength(size);
    }

    /// <summary>Computes all singular values, greatest first. Allocates nothing.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="matrix">[m, n], at least one element, any strides; it stays as it is.</param>
    /// <param name="values">min(m, n) doubles, out: the values in descending order; all NaN where the matrix holds a NaN or an infinity.</param>
    /// <param name="scratch"><see cref="ScratchLength"/> doubles.</param>
    public static void Compute(WorkerTeam? team, Matrix matrix, double* values, double* scratch)
    {
        DoubleMatrix copy = DoubleMatrix.Dense(scratch, matrix.Rows, matrix.Columns);
        bool isFinite = true;
        for (int i = 0; i < matrix.Rows; i++)
        {
            float* row = matrix.Data + (i * matrix.RowStride);
            double* target = scratch + (i * (long)matrix.Columns);
            for (int j = 0; j < matrix.Columns; j++)
            {
                float value = row[j * matrix.ColumnStride];
                isFinite &= float.IsFinite(value);
                target[j] = value;
            }
        }

        int size = Math.Min(matrix.Rows, matrix.Columns);
        var result = new Span<double>(values, size);
        if (!isFinite)
        {
            result.Fill(double.NaN);
            return;
        }

        double* gram = scratch + ((long)matrix.Rows * matrix.Columns);
        DoubleMatrix wide = matrix.Rows <= matrix.Columns ? copy : copy.Transposed;
        DoubleProduct.MultiplySymmetric(team, wide, wide.Transposed, DoubleMatrix.Dense(gram, size, size));
        SymmetricEigen.Values(team, gram, size, values, gram + ((long)size * size));
        foreach (ref double value in result)
        {
            value = Math.Sqrt(Math.Max(0, value));
        }
    }

    /// <summary>All singular values of a matrix that lies in a span, greatest first.</summary>
    /// <param name="matrix">Shape [rows, columns], row-major.</param>
    /// <param name="rows">Rows, at least 1.</param>
    /// <param name="columns">Columns, at least 1.</param>
    /// <returns>min(rows, columns) values; all NaN where the matrix holds a NaN or an infinity.</returns>
    /// <exception cref="ArgumentException">The span does not hold rows x columns values, or there are none.</exception>
    public static double[] Of(ReadOnlySpan<float> matrix, int rows, int columns)
    {
        if (rows < 1 || columns < 1 || (long)rows * columns != matrix.Length)
        {
            throw new ArgumentException($"[singular values] a matrix needs rows x columns values, one at least; {matrix.Length} came for {rows} x {columns}", nameof(matrix));
        }

        double[] values = new double[Math.Min(rows, columns)];
        using NativeBuffer scratch = new(2 * ScratchLength(rows, columns));
        fixed (float* data = matrix)
        fixed (double* result = values)
        {
            Compute(null, Matrix.Dense(data, rows, columns), result, (double*)scratch.Pointer);
        }

        return values;
    }
}
