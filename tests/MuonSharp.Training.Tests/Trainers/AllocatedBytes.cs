using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>What each worker of a team allocates on the managed heap, whatever other threads of the process do.</summary>
internal static unsafe class AllocatedBytes
{
    private const int Rounds = 5;

    /// <summary>The least of up to five rounds, for each worker: see <see cref="Numerics.Tests.ManagedBytes"/>.</summary>
    public static long[] LeastOf(WorkerTeam team, Action work)
    {
        long[] least = new long[team.Threads];
        Array.Fill(least, long.MaxValue);
        for (int round = 0; round < Rounds && least.Any(bytes => bytes != 0); round++)
        {
            long[] before = Of(team);
            work();
            long own = GC.GetAllocatedBytesForCurrentThread();
            long[] after = Of(team);
            after[0] = own;
            for (int worker = 0; worker < least.Length; worker++)
            {
                least[worker] = Math.Min(least[worker], after[worker] - before[worker]);
            }
        }

        return least;
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
