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
