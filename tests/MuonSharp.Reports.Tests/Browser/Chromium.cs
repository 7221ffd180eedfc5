using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace MuonSharp.Reports.Tests;

/// <summary>A browser of the machine's own, and what a page did in it that a page of one file must not do.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>A script: which numbers beside an axis lie on each other; an empty text if none do.</summary>
    public const string OverlappingNumbers = """
        () => Array.from(document.querySelectorAll('svg.chart')).flatMap(chart => {
          const boxes = Array.from(chart.querySelectorAll('.tick'), text => ({ text: text.textContent, box: text.getBoundingClientRect() })).filter(({ box }) => box.width > 0);
          return boxes.flatMap((a, i) => boxes.slice(i + 1)
            .filter(b => a.box.left < b.box.right && b.box.left < a.box.right && a.box.top + 2 < b.box.bottom && b.box.top + 2 < a.box.bottom)
            .map(b => `${chart.getAttribute('aria-label')}: ${a.text} and ${b.text}`));
        }).join('; ')
        """;

    /// <summary>Where Debian and Ubuntu have it.</summary>
    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    /// <summary>Milliseconds after which nothing comes any more. A live page is drawn every ten seconds at least, on a machine that is busy; Playwright's own five seconds are less than that.</summary>
    private const float Longest = 60_000;

    private IPlaywright? _driver;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (s_places.FirstOrDefault(File.Exists) is { } path)
        {
            Assertions.SetDefaultExpectTimeout(Longest);
            _driver = await Playwright.CreateAsync();
            _browser = await _driver.Chromium.LaunchAsync(new()
            {
                ExecutablePath = path,
                Timeout = Longest,
                Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _driver?.Dispose();
    }

    /// <summary>Opens a page as a reader would, and does something with it.</summary>
    /// <param name="file">The page's file, or its address.</param>
    /// <param name="width">Width of the window.</param>
    /// <param name="dark">Whether the reader's system is dark.</param>
    /// <param name="scripts">Whether scripts run.</param>
    /// <param name="look">What to do with it.</param>
    /// <param name="expected">What the page may do all the same; null: nothing.</param>
    public async Task Open(string file, int width, bool dark, bool scripts, Func<IPage, Task> look, Func<string, bool>? expected = null)
    {
        Assert.SkipWhen(_browser is null, $"the pages are looked at in Chromium, which is none of {string.Join(", ", s_places)}");
        ConcurrentQueue<string> said = [];
        await using IBrowserContext context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = 800 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            JavaScriptEnabled = scripts,
        });
        context.SetDefaultTimeout(Longest);
        IPage page = await context.NewPageAsync();
        string address = new Uri(file).AbsoluteUri;
        page.Console += (_, message) => said.Enqueue($"console {message.Type}: {message.Text}");
        page.PageError += (_, error) => said.Enqueue($"error: {error}");
        page.Dialog += (_, dialog) => said.Enqueue($"dialog: {dialog.Message}");
        page.Request += (_, request) =>
        {
            if (request.Url != address)
            {
                said.Enqueue($"request: {request.Url}");
            }
        };
        await page.GotoAsync(address);
        await look(page);
        Assert.DoesNotContain(said, line => expected?.Invoke(line) != true);
    }

    /// <summary>What the checker of accessibility finds that keeps somebody out.</summary>
    public static async Task<IReadOnlyList<string>> Barriers(IPage page)
    {
        AxeResult result = await page.RunAxe();
        Assert.NotEmpty(result.Passes);
        return [.. result.Violations.Where(found => found.Impact is "serious" or "critical").Select(found => $"{found.Id}: {found.Help}; {string.Join(", ", found.Nodes.Take(3).Select(node => node.Html))}")];
    }
}
