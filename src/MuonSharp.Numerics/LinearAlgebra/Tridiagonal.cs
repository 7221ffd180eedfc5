namespace MuonSharp.Numerics;

/// <summary>A = Q T Qᵀ with T tridiagonal and Q = H_0 H_1 ...; the v of reflection k stays in row k, right of the diagonal.</summary>
internal static unsafe class Tridiagonal
{
    /// <summary>Reduces a full symmetric matrix in place.</summary>
    /// <param name="team">The workers.</param>
    /// <param name="matrix">[n, n]; out: the reflections.</param>
    /// <param name="size">n.</param>
    /// <param name="diagonal">Out: n values.</param>
    /// <param name="offDiagonal">Out: n - 1 values, then a zero.</param>
    /// <param name="tau">Out: n factors.</param>
    /// <param name="work">3n doubles.</param>
    public static void Reduce(WorkerTeam? team, double* matrix, int size, double* diagonal, double* offDiagonal, double* tau, double* work)
    {
        // The rank-two update of one column and the product with the next column's v are one pass over the rest of the matrix.
        double* previous = work;
        double* current = work + size;
        for (int k = 0; k < size - 1; k++)
        {
            double* row = matrix + ((long)k * size);
            double* v = row + k + 1;
            int count = size - k - 1;
            diagonal[k] = row[k];
            offDiagonal[k] = Reflector.Make(v, count, out tau[k]);
            var job = new TridiagonalJob(matrix, size, k, tau[k], k == 0 ? null : previous, current);
            TeamRunner.Run(team, job.Tasks, ref job);
            double* w = current + k + 1;
            DoubleVector.Add(-0.5 * tau[k] * DoubleVector.Dot(w, v, count), v, w, count);
            double* next = matrix + ((long)(k + 1) * size) + k + 1;
            DoubleVector.Add(-v[0], w, next, count);
            DoubleVector.Add(-w[0], v, next, count);
            double* swap = previous;
            previous = current;
            current = swap;
        }

        diagonal[size - 1] = matrix[((long)size * size) - 1];
        offDiagonal[size - 1] = 0;
        tau[size - 1] = 0;
    }
}
