using System.Globalization;
using Microsoft.Playwright;
using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests.Browser;

/// <summary>Counts handles and memory of the process: nothing else, and no browser of another test, runs meanwhile.</summary>
[CollectionDefinition(nameof(SoakTests), DisableParallelization = true)]
[Collection(nameof(SoakTests))]
public sealed class SoakTests(Chromium browser) : IClassFixture<Chromium>, IDisposable
{
    private const int Steps = 20_000;
    private const int Batch = 200;

    /// <summary>What a step leaves in the run's history: some fifteen numbers, in lists that have room for twice as many at times.</summary>
    private const int MostBytesOfStep = 15 * 2 * sizeof(double);

    private readonly RunFolderOf _run = new RunFolderOf().Steps(Batch).Save();

    public void Dispose() => _run.Dispose();

    /// <summary>What grows is the server's history of the steps, which must be there to be drawn.</summary>
    [Fact(Explicit = true)]
    public async Task Twenty_thousand_steps_with_a_page_open_leave_no_handle_and_no_memory_but_the_history()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/fd"), "handles are counted the way of Linux");
        await using Served served = await Served.Start([_run.Folder]);
        await browser.Open($"{served.Address}", 1200, dark: false, scripts: true, async page =>
        {
            ILocator shown = page.Locator("#step dd").First;
            (int handles, long memory, PageWeight weight) = (0, 0, new(0, 0, 0, 0));
            for (int last = 2 * Batch; last <= Steps; last += Batch)
            {
                _run.Append(string.Concat(Enumerable.Range(last - Batch + 1, Batch).Select(step => Growing.Step(step, 1.0 / step))) + Growing.Spectrum(last, "h.0.weight") + Growing.Spectrum(last, "h.1.weight"));
                await Assertions.Expect(shown).ToHaveTextAsync(last.ToString("N0", CultureInfo.InvariantCulture));
                if (last == Steps / 2)
                {
                    (handles, memory, weight) = (Handles(), GC.GetTotalMemory(forceFullCollection: true), await PageWeight.Of(page));
                }
            }

            PageWeight end = await PageWeight.Of(page);
            TestContext.Current.TestOutputHelper!.WriteLine($"the page: {weight}, then {end}");

            // The pool of threads may have changed by a few handles meanwhile, and a leak of one an event would be fifty.
            Assert.InRange(Handles() - handles, -20, 20);
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - memory, long.MinValue, (long)MostBytesOfStep * Steps / 2);

            // An event brings over a thousand nodes, in some ten thousand bytes of text.
            Assert.InRange(end.Shown - weight.Shown, -500, 500);
            Assert.InRange(end.Detached - weight.Detached, -500, 500);
            Assert.InRange(end.Heap - weight.Heap, long.MinValue, 400_000);
            Assert.InRange(end.Listeners - weight.Listeners, -5, 5);
        }, said => said.StartsWith($"request: http://127.0.0.1:{served.Address.Port}/events?", StringComparison.Ordinal));
    }

    private static int Handles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
