using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Runs orthogonalizers over plain arrays, and makes matrices for them.</summary>
internal static unsafe class OrthogonalizerCase
{
    public static float[] Run(IOrthogonalizer orthogonalizer, float[] input, int rows, int columns, WorkerTeam? team = null) =>
        Run(orthogonalizer, input, rows, columns, team, out _);

    public static float[] Run(
        IOrthogonalizer orthogonalizer, float[] input, int rows, int columns, WorkerTeam? team, out OrthogonalizationOutcome outcome)
    {
        long padded = FlatLayout.Padded(input.Length);
        using var memory = new NativeBuffer((2 * padded) + orthogonalizer.ScratchLength(rows, columns));
        memory.AsSpan().Fill(float.NaN);
        input.CopyTo(memory.AsSpan());
        outcome = orthogonalizer.Orthogonalize(
            team,
            Matrix.Dense(memory.Pointer, rows, columns),
            Matrix.Dense(memory.Pointer + padded, rows, columns),
            memory.Pointer + (2 * padded));
        return memory.AsSpan(padded, input.Length).ToArray();
    }

    public static float[] Normal(int rows, int columns, float scale = 1)
    {
        float[] values = new float[rows * columns];
        TestModel.Fill("orthogonalizer", rows, values, scale);
        return values;
    }

    /// <summary>U S Vᵀ with random singular vectors, and its polar factor U Vᵀ.</summary>
    public static (float[] Matrix, double[] Polar) WithSingularValues(int rows, int columns, double[] values)
    {
        Matrix<double> left = RandomOrthogonal(rows, values.Length);
        Matrix<double> right = RandomOrthogonal(columns, values.Length).Transpose();
        Matrix<double> matrix = left * Matrix<double>.Build.DenseOfDiagonalArray(values) * right;
        return ([.. matrix.Transpose().ToColumnMajorArray().Select(value => (float)value)], (left * right).Transpose().ToColumnMajorArray());
    }

    public static float[] Transpose(float[] values, int rows, int columns) =>
        [.. Enumerable.Range(0, values.Length).Select(i => values[(i % rows * columns) + (i / rows)])];

    /// <summary>The singular values by the eigenvalues of the small Gram matrix in double precision: near 1, exact to 1e-14.</summary>
    public static double[] SingularValues(float[] values, int rows, int columns)
    {
        Matrix<double> matrix = Matrix<double>.Build.Dense(rows, columns, (i, j) => values[(i * columns) + j]);
        Matrix<double> gram = rows > columns ? matrix.TransposeThisAndMultiply(matrix) : matrix.TransposeAndMultiply(matrix);
        return [.. gram.Evd(Symmetricity.Symmetric).EigenValues.Select(value => Math.Sqrt(Math.Max(0, value.Real)))];
    }

    /// <summary>‖actual - expected‖ / ‖expected‖.</summary>
    public static double Distance(float[] actual, IReadOnlyList<double> expected)
    {
        double difference = 0, norm = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            difference += Math.Pow(actual[i] - expected[i], 2);
            norm += expected[i] * expected[i];
        }

        return Math.Sqrt(difference / norm);
    }

    private static Matrix<double> RandomOrthogonal(int rows, int columns)
    {
        float[] values = Normal(rows, columns);
        return Matrix<double>.Build.Dense(rows, columns, (i, j) => values[(i * columns) + j]).QR(QRMethod.Thin).Q;
    }
}
