using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Runs whose bits must not depend on the workers, and proof that there were several.</summary>
internal static class SeveralWorkers
{
    /// <summary>Every run has the same bits; runs are repeated until one of them really was the work of several.</summary>
    /// <remarks>On a machine whose cores are all taken, worker 0 may be done before another worker gets its first turn.</remarks>
    public static void GiveTheSameBits(float[] expected, Func<(float[] Values, long[] Tasks)> run)
    {
        for (int attempt = 0; attempt < 5000; attempt++)
        {
            (float[] actual, long[] tasks) = run();
            Compare.SameBits(expected, actual);
            if (tasks.Count(count => count > 0) > 1)
            {
                return;
            }
        }

        Assert.Fail("in 5000 runs only one worker ran tasks");
    }

    public static long[] TasksOf(WorkerTeam team) => [.. Enumerable.Range(0, team.Threads).Select(team.TasksOf)];
}
