using Microsoft.Playwright;
using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests.Browser;

/// <summary>Live pages in a browser.</summary>
internal static class LivePages
{
    /// <summary>Opens a page as a reader would; it asks for nothing but its events.</summary>
    public static Task OpenLive(this Chromium browser, Served served, string path, Func<IPage, Task> look, int width = 1200, bool dark = false, Func<string, bool>? expected = null) => browser.Open(
        $"http://127.0.0.1:{served.Address.Port}{path}", width, dark, scripts: true, look,
        said => said.StartsWith($"request: http://127.0.0.1:{served.Address.Port}/events?", StringComparison.Ordinal) || expected?.Invoke(said) == true);

    /// <summary>Where the page says how it stands with its connection.</summary>
    public static ILocator Status(this IPage page) => page.GetByRole(AriaRole.Status);
}
