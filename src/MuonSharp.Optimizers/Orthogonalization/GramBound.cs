using System.Runtime.Intrinsics;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>An upper bound of the greatest eigenvalue of a Gram matrix in O(m²), by sums in double precision.</summary>
/// <remarks>
/// <code>
/// t1 = tr R,  t2 = ||R||_F²
/// bound = min( (t1 + sqrt((m - 1)(m t2 - t1²))) / m,  max_i sum_j |R_ij|,  sqrt(t2) ) (1 + 1e-5)
/// </code>
/// The last factor covers what rounding may add. Four lanes a row whatever the machine (a product of two floats is exact in double precision,
/// so fused or not is the same), rows added in order: the same bits for any team and width.
/// </remarks>
internal static unsafe class GramBound
{
    private const double Margin = 1 + 1e-5;
    private const int RowsOfTask = 32;

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
            Vector256<double> magnitudes = default, squares = default;
            int j = 0;
            for (; j <= count - Vector128<float>.Count; j += Vector128<float>.Count)
            {
                (Vector128<double> low, Vector128<double> high) = Vector128.Widen(Vector128.Load(row + j));
                var value = Vector256.Create(low, high);
                magnitudes += Vector256.Abs(value);
                squares += value * value;
            }

            double magnitude = (magnitudes[0] + magnitudes[1]) + (magnitudes[2] + magnitudes[3]);
            double square = (squares[0] + squares[1]) + (squares[2] + squares[3]);
            for (; j < count; j++)
            {
                magnitude += Math.Abs((double)row[j]);
                square += (double)row[j] * row[j];
            }

            (result[0], result[1]) = (magnitude, square);
        }
    }
}
