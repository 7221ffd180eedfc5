using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>One side of a matrix in SOAP: its statistic, and its basis with one vector a row. A side that is not rotated has neither.</summary>
internal readonly unsafe struct SoapSide(int size, double* statistic, double* basis)
{
    public bool IsRotated => statistic != null;

    public int RotatedSize => IsRotated ? size : 0;

    public double* Statistic => statistic;

    /// <summary>The basis; its rows are the vectors, so that it maps into the rotated space.</summary>
    public DoubleMatrix Basis => DoubleMatrix.Dense(basis, size, size);

    /// <summary>Doubles of scratch of a side of that size.</summary>
    public static long Scratch(int size) => (2L * size * size) + (2L * size) + Math.Max(SymmetricEigen.ScratchLength(size), OrthogonalFactor.ScratchLength(size));

    /// <summary>The eigenvectors of the statistic, greatest eigenvalue first.</summary>
    public void Initialize(WorkerTeam? team, double* scratch)
    {
        if (!IsRotated)
        {
            return;
        }

        long length = (long)size * size;
        new Span<double>(statistic, checked((int)length)).CopyTo(new Span<double>(scratch, (int)length));
        SymmetricEigen.Compute(team, scratch, size, scratch + length, basis, scratch + length + size);
    }

    /// <summary>One step of the power iteration: the basis becomes the Q of statistic times the ordered basis.</summary>
    /// <param name="team">Workers.</param>
    /// <param name="scratch">Doubles of scratch.</param>
    /// <returns>The order: position i now holds what was vector order[i]; n doubles in the scratch.</returns>
    public double* Refresh(WorkerTeam? team, double* scratch)
    {
        long length = (long)size * size;
        double* order = scratch;
        double* estimates = order + size;
        double* product = estimates + size;
        double* sorted = product + length;
        DoubleProduct.Multiply(team, Basis, DoubleMatrix.Dense(statistic, size, size), DoubleMatrix.Dense(product, size, size));
        for (int i = 0; i < size; i++)
        {
            double estimate = 0;
            for (int j = 0; j < size; j++)
            {
                estimate += basis[((long)i * size) + j] * product[((long)i * size) + j];
            }

            // Sorted by insertion: from refresh to refresh the order hardly changes, and equal ones stay as they are.
            int place = i;
            for (; place > 0 && estimates[place - 1] < estimate; place--)
            {
                (estimates[place], order[place]) = (estimates[place - 1], order[place - 1]);
            }

            (estimates[place], order[place]) = (estimate, i);
        }

        for (int i = 0; i < size; i++)
        {
            new Span<double>(product + ((long)order[i] * size), size).CopyTo(new Span<double>(sorted + ((long)i * size), size));
        }

        OrthogonalFactor.Compute(team, sorted, size, basis, sorted + length);
        return order;
    }
}
