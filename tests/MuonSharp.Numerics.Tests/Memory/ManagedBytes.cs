namespace MuonSharp.Numerics.Tests;

/// <summary>Bytes of the managed heap that work takes on the thread that does it.</summary>
internal static class ManagedBytes
{
    private const int Rounds = 5;

    /// <summary>The least of five rounds, after one that warms up: what the work itself allocates is in every one of them.</summary>
    /// <remarks>Once in some hundred rounds beside other tests, the runtime takes back the room that it had set aside for a thread (8 KiB at a time) and counts what the
    /// thread had not used of it, 7 to 8 KiB, as allocated: measured around loops that do nothing but copy numbers, without a collection.</remarks>
    public static long LeastOf(Action work)
    {
        work();
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
