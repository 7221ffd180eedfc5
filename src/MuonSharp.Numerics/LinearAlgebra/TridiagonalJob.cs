namespace MuonSharp.Numerics;

/// <summary>Rows below k: the update left over from reflection k - 1 (A -= v wᵀ + w vᵀ), then p = tau A v for reflection k.</summary>
internal readonly unsafe struct TridiagonalJob(double* matrix, int size, int k, double tau, double* previous, double* product) : ITeamJob
{
    private const int Rows = 32;

    public int Tasks => (size - k - 1 + Rows - 1) / Rows;

    public void Run(int task, int worker)
    {
        int first = k + 1 + (task * Rows), last = Math.Min(size, first + Rows), count = size - k - 1;
        double* v = matrix + ((long)k * size) + k + 1;
        for (int i = first; i < last; i++)
        {
            double* row = matrix + ((long)i * size) + k + 1;
            if (previous != null)
            {
                double* old = matrix + ((long)(k - 1) * size);
                DoubleVector.Add(-old[i], previous + k + 1, row, count);
                DoubleVector.Add(-previous[i], old + k + 1, row, count);
            }

            product[i] = tau * DoubleVector.Dot(row, v, count);
        }
    }
}
