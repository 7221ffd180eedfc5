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
            if (previous is not null)
            {
                double* old = matrix + ((long)(k - 1) * size);
                DoubleVector.Add(-old[i], previous + k + 1, row, count);
                DoubleVector.Add(-previous[i], old + k + 1, row, count);
            }

            product[i] = tau * DoubleVector.Dot(row, v, count);
        }
    }
}

/// <summary>Householder reflections H = I - tau v vᵀ with v_0 = 1.</summary>
internal static unsafe class Reflector
{
    /// <summary>Turns x into the v of the reflection that maps it onto a multiple of the first axis.</summary>
    /// <returns>That multiple: of the opposite sign of x_0, or x_0 itself where the rest is zero already (tau = 0).</returns>
    public static double Make(double* x, int count, out double tau)
    {
        double first = x[0];
        double rest = DoubleVector.Dot(x + 1, x + 1, count - 1);
        x[0] = 1;
        if (rest == 0)
        {
            tau = 0;
            return first;
        }

        double multiple = -Math.CopySign(Math.Sqrt((first * first) + rest), first);
        tau = (multiple - first) / multiple;
        DoubleVector.Scale(1 / (first - multiple), x + 1, count - 1);
        return multiple;
    }

    /// <summary>y &lt;- H y.</summary>
    public static void Apply(double tau, double* v, double* y, int count)
    {
        if (tau != 0)
        {
            DoubleVector.Add(-tau * DoubleVector.Dot(v, y, count), v, y, count);
        }
    }
}
