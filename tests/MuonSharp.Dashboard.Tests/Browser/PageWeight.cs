using Microsoft.Playwright;

namespace MuonSharp.Dashboard.Tests.Browser;

/// <summary>What a page holds after a collection of garbage; what was taken out of it and is still held counts.</summary>
/// <param name="Heap">Bytes of its script.</param>
/// <param name="Shown">Nodes of its document.</param>
/// <param name="Detached">Nodes that are in no document and still held.</param>
/// <param name="Listeners">Listeners to events.</param>
internal sealed record PageWeight(long Heap, long Shown, long Detached, long Listeners)
{
    public static async Task<PageWeight> Of(IPage page)
    {
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("HeapProfiler.collectGarbage");
        await session.SendAsync("Performance.enable");
        var metrics = (await session.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
            .ToDictionary(each => each.GetProperty("name").GetString()!, each => (long)each.GetProperty("value").GetDouble(), StringComparer.Ordinal);
        await session.DetachAsync();
        long shown = await page.EvaluateAsync<long>("() => { const all = document.createTreeWalker(document); let count = 1; while (all.nextNode()) count++; return count; }");
        return new(metrics["JSHeapUsedSize"], shown, metrics["Nodes"] - shown, metrics["JSEventListeners"]);
    }
}
