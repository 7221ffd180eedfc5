using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One side of a block in Shampoo: its statistic, and the inverse fourth root, zero until it is first computed.</summary>
internal readonly unsafe struct ShampooSide(int size, double* statistic, double* root)
{
    public double* Statistic => statistic;

    public DoubleMatrix Root => DoubleMatrix.Dense(root, size, size);

    /// <summary>Doubles of scratch of a side of that size.</summary>
    public static long Scratch(int size) => (2L * size * size) + size + SymmetricEigen.ScratchLength(size);

    /// <summary>Root &lt;- Q e^(-1/4) Qᵀ of the corrected statistic, its eigenvalues lifted to at least epsilon.</summary>
    public void Refresh(WorkerTeam? team, double correction, double epsilon, double* scratch)
    {
        long length = (long)size * size;
        double* vectors = scratch + length;
        double* values = vectors + length;
        for (long i = 0; i < length; i++)
        {
            scratch[i] = statistic[i] / correction;
        }

        SymmetricEigen.Compute(team, scratch, size, values, vectors, values + size);
        double lift = epsilon - Math.Min(0, values[size - 1]);
        for (int i = 0; i < size; i++)
        {
            // Each vector takes half of the power, so that the root is one symmetric product.
            double half = 1 / Math.Sqrt(Math.Sqrt(Math.Sqrt(values[i] + lift)));
            for (int j = 0; j < size; j++)
            {
                vectors[((long)i * size) + j] *= half;
            }
        }

        DoubleMatrix scaled = DoubleMatrix.Dense(vectors, size, size);
        DoubleProduct.MultiplySymmetric(team, scaled.Transposed, scaled, Root);
    }
}
