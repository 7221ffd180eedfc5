using System.Runtime.Intrinsics;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The polar factor itself, in double precision: what the others are measured against.</summary>
/// <remarks>
/// <para>One-sided Jacobi rotations J of the m short side's rows until J X = S Vᵀ has orthogonal rows; then U Vᵀ = Jᵀ Vᵀ.</para>
/// <para>Singular values of at most 1e-13 ||X||_F count as zero, and their directions are left out: a matrix of deficient rank becomes a partial isometry, and
/// zero stays zero.</para>
/// <para>Cost: some eight sweeps of 4m²(n + m) FLOPs in double precision, thirty times a Newton-Schulz call: for checks, not for training.
/// Scratch: 2m(n + m + 2) floats. Accuracy: rounding to float32.</para>
/// <para>Source: Golub and Van Loan, Matrix Computations, 8.6.3 (Hestenes' method), pairs in the order of a tournament.</para>
/// </remarks>
public sealed unsafe class ExactPolar : IOrthogonalizer
{
    private const double Tolerance = 1e-14;
    private const double Negligible = 1e-13;
    private const int TypicalSweeps = 8;
    private const int MaximumSweeps = 60;

    private ExactPolar()
    {
    }

    /// <summary>The one instance.</summary>
    public static ExactPolar Instance { get; } = new();

    /// <inheritdoc/>
    public string Name => "exact";

    /// <inheritdoc/>
    public long ScratchLength(int rows, int columns)
    {
        (int small, int large) = (Math.Min(rows, columns), Math.Max(rows, columns));
        return 2 * (JacobiRows.MemoryLength(small, large) + small + JacobiRound.Pairs(small));
    }

    /// <summary>Some eight sweeps; how many there are depends on the matrix.</summary>
    /// <inheritdoc/>
    public double Flops(int rows, int columns)
    {
        double small = Math.Min(rows, columns), large = Math.Max(rows, columns);
        return TypicalSweeps * 4 * small * small * (large + small);
    }

    /// <inheritdoc/>
    public OrthogonalizationOutcome Orthogonalize(WorkerTeam? team, Matrix input, Matrix output, float* scratch)
    {
        bool tall = input.Rows > input.Columns;
        (Matrix x, Matrix y) = tall ? (input.Transposed, output.Transposed) : (input, output);
        var rows = new JacobiRows((double*)scratch, x.Rows, x.Columns);
        double* inverses = (double*)scratch + JacobiRows.MemoryLength(x.Rows, x.Columns);
        double negligible = Negligible * Negligible * Load(x, rows);
        Iterate(team, rows, negligible, inverses + x.Rows);
        for (int i = 0; i < rows.Count; i++)
        {
            double square = rows.Square(i);
            inverses[i] = square > negligible ? 1 / Math.Sqrt(square) : 0;
        }

        var job = new PolarRow(rows, inverses, y);
        TeamRunner.Run(team, y.Rows, ref job);
        return OrthogonalizationOutcome.Regular;
    }

    /// <summary>A into double precision, J to the identity.</summary>
    /// <returns>The sum of the squares.</returns>
    private static double Load(Matrix x, JacobiRows rows)
    {
        double sum = 0;
        for (int i = 0; i < x.Rows; i++)
        {
            double* row = rows.Row(i);
            new Span<double>(row, checked((int)rows.Stride)).Clear();
            rows.Rotations(i)[i] = 1;
            for (int j = 0; j < x.Columns; j++)
            {
                row[j] = x.Data[(i * x.RowStride) + (j * x.ColumnStride)];
            }

            sum += rows.Square(i);
        }

        return sum;
    }

    private static void Iterate(WorkerTeam? team, JacobiRows rows, double negligible, double* rotated)
    {
        var flags = new Span<double>(rotated, JacobiRound.Pairs(rows.Count));
        for (int sweep = 0; sweep < MaximumSweeps; sweep++)
        {
            flags.Clear();
            for (int round = 0; round < JacobiRound.Rounds(rows.Count); round++)
            {
                var job = new JacobiRound(rows, round, Tolerance, negligible, rotated);
                TeamRunner.Run(team, flags.Length, ref job);
            }

            if (!flags.Contains(1))
            {
                return;
            }
        }
    }

    /// <summary>A row of Jᵀ Vᵀ: sum over i of J[i, row] a_i / s_i, in order.</summary>
    private readonly struct PolarRow(JacobiRows rows, double* inverses, Matrix y) : ITeamJob
    {
        private const int Chunk = 64;

        public void Run(int task, int worker)
        {
            Span<double> sums = stackalloc double[Chunk];
            for (int start = 0; start < y.Columns; start += Chunk)
            {
                int count = Math.Min(Chunk, y.Columns - start);
                sums.Clear();
                for (int i = 0; i < rows.Count; i++)
                {
                    double factor = rows.Rotations(i)[task] * inverses[i];
                    double* row = rows.Row(i) + start;
                    for (int j = 0; j < count; j++)
                    {
                        sums[j] += factor * row[j];
                    }
                }

                for (int j = 0; j < count; j++)
                {
                    y.Data[(task * y.RowStride) + ((start + j) * y.ColumnStride)] = (float)sums[j];
                }
            }
        }
    }
}

/// <summary>The working rows of a one-sided Jacobi decomposition: row i is [a_i | j_i], where J A are the rows so far.</summary>
/// <remarks>Sums run over four lanes and one tree, without fused multiply-adds: the same bits on every machine.</remarks>
internal readonly unsafe struct JacobiRows(double* memory, int count, int length)
{
    private const int Lanes = 4;

    /// <summary>Rows.</summary>
    public int Count { get; } = count;

    /// <summary>Elements of a row of A.</summary>
    public int Length { get; } = length;

    /// <summary>Doubles from one row to the next.</summary>
    public long Stride => Padded(Length) + Padded(Count);

    /// <summary>Doubles that the rows take.</summary>
    public static long MemoryLength(int count, int length) => count * (Padded(length) + Padded(count));

    /// <summary>Row i of A, zeros behind its end.</summary>
    public double* Row(int i) => memory + (i * Stride);

    /// <summary>Row i of J.</summary>
    public double* Rotations(int i) => Row(i) + Padded(Length);

    /// <summary>The sum of the squares of row i of A.</summary>
    public double Square(int i) => Dot(i, i);

    /// <summary>Makes two rows orthogonal by a rotation.</summary>
    /// <param name="first">A row.</param>
    /// <param name="second">Another row.</param>
    /// <param name="tolerance">Of the cosine of their angle.</param>
    /// <param name="negligible">Rows with at most that sum of squares count as zero.</param>
    /// <returns>Whether a rotation was needed.</returns>
    public bool Rotate(int first, int second, double tolerance, double negligible)
    {
        double alpha = Dot(first, first), beta = Dot(second, second), gamma = Dot(first, second);
        if (alpha <= negligible || beta <= negligible || Math.Abs(gamma) <= tolerance * Math.Sqrt(alpha) * Math.Sqrt(beta))
        {
            return false;
        }

        double zeta = (beta - alpha) / (2 * gamma);
        double tangent = Math.CopySign(1, zeta) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
        double cosine = 1 / Math.Sqrt(1 + (tangent * tangent));
        var c = Vector256.Create(cosine);
        var s = Vector256.Create(cosine * tangent);
        double* p = Row(first);
        double* q = Row(second);
        for (long i = 0; i < Stride; i += Lanes)
        {
            Vector256<double> x = Vector256.Load(p + i), y = Vector256.Load(q + i);
            ((c * x) - (s * y)).Store(p + i);
            ((s * x) + (c * y)).Store(q + i);
        }

        return true;
    }

    private static long Padded(int length) => (length + Lanes - 1) / Lanes * (long)Lanes;

    private double Dot(int first, int second)
    {
        double* p = Row(first);
        double* q = Row(second);
        Vector256<double> sum = default;
        for (long i = 0; i < Padded(Length); i += Lanes)
        {
            sum += Vector256.Load(p + i) * Vector256.Load(q + i);
        }

        return (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
}

/// <summary>One round of a tournament in which every row meets every other once: the pairs of a round have no row in common.</summary>
internal readonly unsafe struct JacobiRound(JacobiRows rows, int round, double tolerance, double negligible, double* rotated) : ITeamJob
{
    /// <summary>Rounds of a tournament.</summary>
    public static int Rounds(int rows) => Even(rows) - 1;

    /// <summary>Pairs of a round.</summary>
    public static int Pairs(int rows) => Even(rows) / 2;

    public void Run(int task, int worker)
    {
        // The last one sits still, the others go round; with an odd number of rows it is a bye.
        int others = Even(rows.Count) - 1;
        int first = task == 0 ? others : (round + task) % others;
        int second = task == 0 ? round : (round + others - task) % others;
        (first, second) = (Math.Min(first, second), Math.Max(first, second));
        if (second < rows.Count && rows.Rotate(first, second, tolerance, negligible))
        {
            rotated[task] = 1;
        }
    }

    private static int Even(int rows) => rows + (rows & 1);
}
