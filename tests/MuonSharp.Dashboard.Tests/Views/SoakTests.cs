using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests.Views;

/// <summary>Counts handles and memory of the process: nothing else, and no browser of another test, runs meanwhile.</summary>
[CollectionDefinition(nameof(SoakTests), DisableParallelization = true)]
[Collection(nameof(SoakTests))]
public sealed class SoakTests : IDisposable
{
    private const int Steps = 20_000;
    private const int Batch = 500;

    /// <summary>What a step leaves in the run's history: some fifteen numbers, in lists that have room for twice as many at times.</summary>
    private const int MostBytesOfStep = 15 * 2 * sizeof(double);

    private readonly RunFolderOf _run = new RunFolderOf().Steps(1).Save();

    public void Dispose() => _run.Dispose();

    /// <summary>What grows is the history of the steps, which must be there to be drawn.</summary>
    [Fact(Explicit = true)]
    public async Task Twenty_thousand_steps_with_a_page_open_leave_no_handle_and_no_memory_but_the_history()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/fd"), "handles are counted the way of Linux");
        await using Served served = await Served.Start([_run.Folder]);
        using Listener listener = await served.Listen();
        _ = await listener.Next();
        (int handles, long memory) = (0, 0);
        for (int first = 2; first < Steps; first += Batch)
        {
            int last = first + Batch - 1;
            _run.Append(string.Concat(Enumerable.Range(first, Batch).Select(step => Growing.Step(step, 1.0 / step))));
            string shown = $"<dd>{last:N0}</dd>";
            for (SentEvent now = await listener.Next(); !now.Part("step").Contains(shown, StringComparison.Ordinal); now = await listener.Next())
            {
            }

            if (first == 2 + (20 * Batch))
            {
                (handles, memory) = (Handles(), GC.GetTotalMemory(forceFullCollection: true));
            }
        }

        // The pool of threads may have changed by a few handles meanwhile, and a leak of one an event would be two hundred.
        Assert.InRange(Handles() - handles, -20, 20);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, (long)MostBytesOfStep * Steps);
    }

    private static int Handles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
