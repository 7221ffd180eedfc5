using System.Runtime.Intrinsics;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>The small Gram matrix of X, and its way back to X; scaled so that its trace lies in [1, 4), or as it is where its trace is far from the ends of
/// float32's range.</summary>
/// <remarks>Wide X: R = XXᵀ, and polynomials of R multiply from the left; tall X: R = XᵀX, from the right. Scaling is by powers of two, so it
/// rounds nothing.</remarks>
internal static unsafe class GramMatrix
{
    /// <summary>Outside of these norms squares could overflow or vanish, so X itself is scaled.</summary>
    private const double SmallestNorm = 1e-12;

    private const double LargestNorm = 1e12;

    /// <summary>Within these the inverse for the smallest pole stays below 1e23 and nothing that counts is subnormal.</summary>
    private const double SmallestTrace = 1e-16;

    private const double LargestTrace = 1e16;

    /// <summary>The greatest exponent whose power of two and its inverse are normal floats.</summary>
    private const int LargestExponent = 126;

    /// <summary>Rows and columns of the Gram matrix.</summary>
    public static int Size(Matrix x) => Math.Min(x.Rows, x.Columns);

    /// <summary>R = XXᵀ, if its trace says that neither R nor its inverses come near the ends of float32's range.</summary>
    /// <returns>Whether they do not; otherwise R is of no use.</returns>
    public static bool InRange(WorkerTeam? team, Matrix x, Matrix gram)
    {
        Multiply(team, x, gram);
        double trace = 0;
        for (int i = 0; i < gram.Rows; i++)
        {
            trace += gram.Data[(long)i * (gram.Rows + 1)];
        }

        return trace is > SmallestTrace and < LargestTrace;
    }

    /// <summary>R = XXᵀ / s².</summary>
    /// <param name="team">Workers or null.</param>
    /// <param name="x">Dense; scaled by a power of two where its norm is extreme.</param>
    /// <param name="gram">R, both triangles.</param>
    /// <returns>s, a power of two: ||X||_F / s lies in [1, 2); 0 if X is zero, and then R is not written.</returns>
    public static double Scaled(WorkerTeam? team, Matrix x, Matrix gram)
    {
        int length = checked(x.Rows * x.Columns);
        double norm = Math.Sqrt(Reductions.SumOfSquares(team, x.Data, length));
        if (norm == 0)
        {
            return 0;
        }

        int exponent = Math.ILogB(norm);
        if (norm is < SmallestNorm or > LargestNorm)
        {
            int shift = Math.Clamp(-exponent, -LargestExponent, LargestExponent);
            Elementwise.Map(team, x.Data, x.Data, length, new ScaleOperator(MathF.ScaleB(1, shift)));
            exponent += shift;
        }

        Multiply(team, x, gram, MathF.ScaleB(1, -2 * exponent));
        return Math.ScaleB(1, exponent);
    }

    /// <summary>R = alpha XXᵀ.</summary>
    public static void Multiply(WorkerTeam? team, Matrix x, Matrix gram, float alpha = 1)
    {
        (Matrix left, Matrix right) = x.Rows > x.Columns ? (x.Transposed, x) : (x, x.Transposed);
        SymmetricProduct.Multiply(team, left, right, gram, accumulate: false, alpha);
    }

    /// <summary>Y = QX, or XQ where X is tall.</summary>
    public static void Apply(WorkerTeam? team, Matrix q, Matrix x, Matrix y)
    {
        (Matrix left, Matrix right) = x.Rows > x.Columns ? (x, q) : (q, x);
        MatrixProduct.Multiply(team, left, right, y);
    }

    /// <summary>Adds to the diagonal of a dense square.</summary>
    public static void AddToDiagonal(Matrix square, double value)
    {
        for (int i = 0; i < square.Rows; i++)
        {
            square.Data[(long)i * (square.Rows + 1)] += (float)value;
        }
    }

    /// <summary>Zeros a dense matrix.</summary>
    public static void Clear(Matrix matrix) => new Span<float>(matrix.Data, checked(matrix.Rows * matrix.Columns)).Clear();

    /// <summary>The i-th of several squares in scratch, each on a cache line.</summary>
    public static Matrix Square(float* scratch, int size, int index) =>
        Matrix.Dense(scratch + (index * FlatLayout.Padded((long)size * size)), size, size);
}

/// <summary>An upper bound of the greatest eigenvalue of a Gram matrix in O(m²), by sums in double precision.</summary>
/// <remarks>
/// <code>
/// t1 = tr R,  t2 = ||R||_F²
/// bound = min( (t1 + sqrt((m - 1)(m t2 - t1²))) / m,  max_i sum_j |R_ij|,  sqrt(t2) ) (1 + 1e-5)
/// </code>
/// The last factor covers what rounding may add. Sixteen lanes a row whatever the machine (a product of two floats is exact in double precision,
/// so fused or not is the same), rows added in order: the same bits for any team and width.
/// </remarks>
internal static unsafe class GramBound
{
    private const double Margin = 1 + 1e-5;
    private const int RowsOfTask = 32;
    private const int Lanes = 16;

    /// <summary>Floats of scratch for a matrix of that size: two doubles a row.</summary>
    public static long ScratchLength(int size) => FlatLayout.Padded(4L * size);

    /// <summary>The bound; 0 only for a zero matrix.</summary>
    public static double Of(WorkerTeam? team, Matrix gram, float* scratch)
    {
        int size = gram.Rows;
        var job = new RowJob(gram, (double*)scratch);
        TeamRunner.Run(team, ((size - 1) / RowsOfTask) + 1, ref job);

        double trace = 0, squares = 0, longest = 0;
        double* sums = (double*)scratch;
        for (int i = 0; i < size; i++)
        {
            trace += gram.Data[(long)i * (size + 1)];
            longest = Math.Max(longest, sums[2 * i]);
            squares += sums[(2 * i) + 1];
        }

        double spread = Math.Max(0, (size * squares) - (trace * trace));
        double byMoments = (trace + Math.Sqrt((size - 1) * spread)) / size;
        return Math.Min(byMoments, Math.Min(longest, Math.Sqrt(squares))) * Margin;
    }

    private readonly struct RowJob(Matrix gram, double* sums) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            for (int i = task * RowsOfTask; i < Math.Min(gram.Rows, (task + 1) * RowsOfTask); i++)
            {
                Row(gram.Data + ((long)i * gram.Columns), gram.Columns, sums + (2 * i));
            }
        }

        private static void Row(float* row, int count, double* result)
        {
            Vector256<double> a0 = default, a1 = default, a2 = default, a3 = default;
            Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
            int j = 0;
            for (; j <= count - Lanes; j += Lanes)
            {
                (Vector256<double> x0, Vector256<double> x1) = Vector256.Widen(Vector256.Load(row + j));
                (Vector256<double> x2, Vector256<double> x3) = Vector256.Widen(Vector256.Load(row + j + Vector256<float>.Count));
                a0 += Vector256.Abs(x0);
                a1 += Vector256.Abs(x1);
                a2 += Vector256.Abs(x2);
                a3 += Vector256.Abs(x3);
                s0 += x0 * x0;
                s1 += x1 * x1;
                s2 += x2 * x2;
                s3 += x3 * x3;
            }

            double magnitude = Sum((a0 + a1) + (a2 + a3));
            double square = Sum((s0 + s1) + (s2 + s3));
            for (; j < count; j++)
            {
                magnitude += Math.Abs((double)row[j]);
                square += (double)row[j] * row[j];
            }

            (result[0], result[1]) = (magnitude, square);
        }

        private static double Sum(Vector256<double> lanes) => (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    }
}
