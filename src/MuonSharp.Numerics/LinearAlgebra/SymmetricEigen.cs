namespace MuonSharp.Numerics;

/// <summary>All eigenvalues and eigenvectors of a symmetric matrix in double precision.</summary>
/// <remarks>
/// <para>Householder reflections to a tridiagonal matrix, then implicit QL. The rotations of QL are recorded and applied many at a time, each
/// worker to 16 components of all vectors, which stay in its cache. Reductions and rotations have one order: the bits do not depend on the
/// number of workers.</para>
/// <para>Cost: 4/3 n³ FLOPs for the tridiagonal form, 2 n³ for its basis, about 4 n³ for the rotations; Jacobi's sweeps would be some 50 n³.</para>
/// <para>Accuracy: eigenvalues to some n·1e-16 of the greatest; vectors orthogonal to the same.</para>
/// <para>Source: Golub and Van Loan, "Matrix computations", sections 8.3.1 and 8.3.3; the QL step as EISPACK's imtql2.</para>
/// </remarks>
public static unsafe class SymmetricEigen
{
    /// <summary>Doubles of scratch that <see cref="Compute"/> needs.</summary>
    /// <param name="size">The matrix's size.</param>
    /// <returns>Number of doubles.</returns>
    public static long ScratchLength(int size) => EigenBasis.Length(size) + RotationList.Length(size) + (5L * size);

    /// <summary>Computes eigenvalues, greatest first, and eigenvectors of length 1.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="matrix">[n, n] without gaps, symmetric, finite. Overwritten.</param>
    /// <param name="size">n, at least 1.</param>
    /// <param name="values">n doubles, out: the eigenvalues in descending order.</param>
    /// <param name="vectors">[n, n] without gaps, out: row i is the eigenvector of value i; its sign is arbitrary.</param>
    /// <param name="scratch"><see cref="ScratchLength"/> doubles.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1.</exception>
    /// <exception cref="ArithmeticException">The matrix is not finite.</exception>
    public static void Compute(WorkerTeam? team, double* matrix, int size, double* values, double* vectors, double* scratch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        double scale = Scale(matrix, size);
        double* offDiagonal = scratch;
        double* tau = offDiagonal + size;
        double* work = tau + size;
        var rotations = new RotationList(work + (3L * size), size);
        var basis = new EigenBasis(work + (3L * size) + RotationList.Length(size), size);
        Tridiagonal.Reduce(team, matrix, size, values, offDiagonal, tau, work);
        basis.Form(team, matrix, tau);
        ImplicitQl.Run(team, values, offDiagonal, size, ref rotations, basis);
        basis.Write(team, values, vectors, work);
        DoubleVector.Scale(1 / scale, values, size);
    }

    /// <summary>Doubles of scratch that <see cref="Values"/> needs.</summary>
    /// <param name="size">The matrix's size.</param>
    /// <returns>Number of doubles.</returns>
    public static long ValuesScratchLength(int size) => RotationList.Length(size) + (5L * size);

    /// <summary>Computes the eigenvalues alone, greatest first: 4/3 n³ FLOPs, and the same bits as <see cref="Compute"/>.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="matrix">[n, n] without gaps, symmetric, finite. Overwritten.</param>
    /// <param name="size">n, at least 1.</param>
    /// <param name="values">n doubles, out: the eigenvalues in descending order.</param>
    /// <param name="scratch"><see cref="ValuesScratchLength"/> doubles.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1.</exception>
    /// <exception cref="ArithmeticException">The matrix is not finite.</exception>
    public static void Values(WorkerTeam? team, double* matrix, int size, double* values, double* scratch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        double scale = Scale(matrix, size);
        double* work = scratch + (2L * size);
        var rotations = new RotationList(work + (3L * size), size);
        Tridiagonal.Reduce(team, matrix, size, values, scratch, scratch + size, work);
        ImplicitQl.Run(team, values, scratch, size, ref rotations, basis: default);
        var sorted = new Span<double>(values, size);
        sorted.Sort();
        sorted.Reverse();
        DoubleVector.Scale(1 / scale, values, size);
    }

    private static double Scale(double* matrix, int size)
    {
        long length = (long)size * size;
        double scale = DoubleVector.PowerOfTwo(matrix, length);
        DoubleVector.Scale(scale, matrix, length);
        return scale;
    }
}
