using System.Runtime.Intrinsics;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

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
