using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>What each worker of a team has allocated on the managed heap so far: exact, whatever other threads of the process do.</summary>
internal static unsafe class AllocatedBytes
{
    public static long[] Of(WorkerTeam team)
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
