using MuonSharp.Numerics;

namespace MuonSharp.Optimizers;

/// <summary>What wd p in the gradient adds to momentum and direction: m &lt;- m + gain·wd·p and u &lt;- u + (fromMomentum·gain + fromGradient)·wd·p.</summary>
/// <remarks>Both are linear in the gradient, so the share of the decay is added after <see cref="MomentumStage"/>, which knows nothing of it.</remarks>
internal static unsafe class CoupledDecayStage
{
    /// <summary>Updates one matrix of the momentum and its direction.</summary>
    public static void Run(
        WorkerTeam? team, in MatrixSlice slice, float* weights, double weightDecay, in MomentumCoefficients coefficients, float* momentum, Matrix direction)
    {
        double look = (coefficients.FromMomentum * coefficients.Gain) + coefficients.FromGradient;
        var rows = new MatrixRows(slice);
        var job = new Job(
            rows, slice, weights + slice.Offset, momentum + slice.Offset, direction.Data, (float)(coefficients.Gain * weightDecay), (float)(look * weightDecay));
        TeamRunner.Run(team, rows.Tasks, ref job);
    }

    private readonly struct Job(MatrixRows rows, MatrixSlice slice, float* weights, float* momentum, float* direction, float gain, float look) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            (int start, int end) = rows.Of(task);
            for (int row = start; row < end; row++)
            {
                float* p = weights + ((long)row * slice.RowStride);
                float* m = momentum + ((long)row * slice.RowStride);
                float* u = direction + ((long)row * slice.Columns);
                for (int i = 0; i < slice.Columns; i++)
                {
                    m[i] += gain * p[i];
                    u[i] += look * p[i];
                }
            }
        }
    }
}
