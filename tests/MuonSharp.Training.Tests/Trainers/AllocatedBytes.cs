using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>What each worker of a team allocates on the managed heap, whatever other threads of the process do.</summary>
internal static unsafe class AllocatedBytes
{
    private const int Rounds = 50;

    /// <summary>The least of up to 50 rounds, for each worker: see <see cref="Numerics.Tests.ManagedBytes"/>. Where all cores are taken a worker may sleep through a round, which then tells nothing of it.</summary>
    public static long[] LeastOf(WorkerTeam team, Action work)
    {
        (long[] least, long[] tasksBefore, long[] tasksAfter) = (new long[team.Threads], new long[team.Threads], new long[team.Threads]);
        Array.Fill(least, long.MaxValue);
        for (int round = 0; round < Rounds && least.Any(bytes => bytes != 0); round++)
        {
            long[] before = Of(team);
            CountTasks(team, tasksBefore);
            work();
            long own = GC.GetAllocatedBytesForCurrentThread();
            CountTasks(team, tasksAfter);
            long[] after = Of(team);
            after[0] = own;
            for (int worker = 0; worker < least.Length; worker++)
            {
                if (tasksAfter[worker] > tasksBefore[worker])
                {
                    least[worker] = Math.Min(least[worker], after[worker] - before[worker]);
                }
            }
        }

        return least;
    }

    private static void CountTasks(WorkerTeam team, long[] tasks)
    {
        for (int worker = 0; worker < tasks.Length; worker++)
        {
            tasks[worker] = team.TasksOf(worker);
        }
    }

    private static long[] Of(WorkerTeam team)
    {
        long[] bytes = new long[team.Threads];
        fixed (long* pointer = bytes)
        {
            new Span<long>(pointer, bytes.Length).Fill(-1);
            Job job = new() { Bytes = pointer };
            while (Array.IndexOf(bytes, -1) >= 0)
            {
                team.Run(64, ref job);
            }
        }

        // The caller's own is taken last, after what this method itself allocates.
        bytes[0] = GC.GetAllocatedBytesForCurrentThread();
        return bytes;
    }

    private struct Job : ITeamJob
    {
        public long* Bytes;

        public readonly void Run(int task, int worker)
        {
            Thread.SpinWait(500);
            Bytes[worker] = GC.GetAllocatedBytesForCurrentThread();
        }
    }
}
