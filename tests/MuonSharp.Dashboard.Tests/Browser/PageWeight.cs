using Microsoft.Playwright;

namespace MuonSharp.Dashboard.Tests.Browser;

/// <summary>What a page holds after a collection of garbage; what was taken out of it and is still held counts.</summary>
/// <param name="Heap">Bytes of its script.</param>
/// <param name="Nodes">Nodes of documents.</param>
/// <param name="Listeners">Listeners to events.</param>
internal sealed record PageWeight(long Heap, long Nodes, long Listeners)
{
    public static async Task<PageWeight> Of(IPage page)
    {
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("HeapProfiler.collectGarbage");
        await session.SendAsync("Performance.enable");
        var metrics = (await session.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
            .ToDictionary(each => each.GetProperty("name").GetString()!, each => (long)each.GetProperty("value").GetDouble(), StringComparer.Ordinal);
        await session.DetachAsync();
        return new(metrics["JSHeapUsedSize"], metrics["Nodes"], metrics["JSEventListeners"]);
    }
}
