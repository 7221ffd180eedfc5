using Microsoft.Playwright;
using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests.Browser;

/// <summary>The live page and its connection: lost, taken up again, given up while nobody looks.</summary>
public sealed class LiveConnectionTests(Chromium browser) : IClassFixture<Chromium>, IDisposable
{
    private readonly RunFolderOf _run = new RunFolderOf().Steps(300).Save();

    public void Dispose() => _run.Dispose();

    [Fact(Explicit = true)]
    public async Task After_the_server_was_started_again_the_page_goes_on()
    {
        Served served = await Served.Start([_run.Folder]);
        int port = served.Address.Port;
        await browser.OpenLive(served, "/", async page =>
        {
            await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
            await page.EvaluateAsync("document.getElementById('settings').dataset.mark = 'the same element'");
            await served.DisposeAsync();
            await Assertions.Expect(page.Status()).ToHaveTextAsync("The server has ended; this is how it was then");
            _run.Append(Growing.Step(301, 0.0625));
            served = await Served.Start([_run.Folder], port);
            await Assertions.Expect(page.Locator("#step")).ToContainTextAsync("301");
            await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");

            // What had not changed was not sent again: an element that is replaced or changed would have lost what was written to it.
            Assert.Equal("the same element", await page.EvaluateAsync<string>("document.getElementById('settings').dataset.mark"));
        }, expected: IsLoss);
        await served.DisposeAsync();
    }

    /// <summary>A server of another folder that takes the place of one that ended must not be taken for it.</summary>
    [Fact(Explicit = true)]
    public async Task After_a_server_of_other_runs_took_the_place_the_page_shows_those_alone()
    {
        using RunFolderOf other = new("other");
        using RunFolderOf namesake = new();
        other.Steps(7).Save();
        namesake.Steps(9).Save();
        Served served = await Served.Start([_run.Folder]);
        int port = served.Address.Port;
        await browser.OpenLive(served, "/", async follows => await Beside(follows, served, "/?run=mine", async chosen =>
        {
            await served.DisposeAsync();
            served = await Served.Start([other.Folder], port);
            await Assertions.Expect(follows.Locator("h1")).ToHaveTextAsync("other");
            await Assertions.Expect(follows.Locator("#step dd").First).ToHaveTextAsync("7");
            await Assertions.Expect(chosen.Locator("h1")).ToHaveTextAsync("Not there");
            await Assertions.Expect(chosen.Locator("#chooser .warning")).ToHaveTextAsync("Chosen and not there: mine");
            Assert.Equal(["connection", "head", "chooser"], await chosen.EvaluateAsync<string[]>("Array.from(document.querySelectorAll('main > *'), part => part.id)"));
            await served.DisposeAsync();
            served = await Served.Start([namesake.Folder], port);
            await Assertions.Expect(chosen.Locator("#step dd").First).ToHaveTextAsync("9");
            await Assertions.Expect(chosen.Locator("#curves svg.lines").First).ToHaveAttributeAsync("data-x", "0 9 linear");
            await Assertions.Expect(chosen.Locator(".warning")).ToHaveCountAsync(0);
        }), expected: IsLoss);
        await served.DisposeAsync();
    }

    [Fact(Explicit = true)]
    public async Task What_was_chosen_and_is_not_there_is_waited_for()
    {
        using RunFolderOf made = new("made");
        made.Steps(7).Save();
        File.SetLastWriteTimeUtc(Path.Combine(made.Folder, "metrics.jsonl"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await using Served served = await Served.Start([_run.Parent]);
        await browser.OpenLive(served, "/?run=later", async waits => await Beside(waits, served, "/?run=mine&run=later", async shows =>
        {
            await Assertions.Expect(waits.Status()).ToHaveTextAsync("Live");
            _run.Append(Growing.Step(301, 0.0625));
            await Assertions.Expect(shows.Locator("#step dd").First).ToHaveTextAsync("301");
            await Assertions.Expect(shows.Locator("#chooser .warning")).ToHaveTextAsync("Chosen and not there: later");
            await Assertions.Expect(waits.Locator("h1")).ToHaveTextAsync("Not there");
            Directory.Move(made.Folder, Path.Combine(_run.Parent, "later"));
            await Assertions.Expect(waits.Locator("#step dd").First).ToHaveTextAsync("7");
            await Assertions.Expect(shows.Locator("h1")).ToHaveTextAsync("2 training runs");
        }));
    }

    /// <summary>A browser has six connections to a server: seven pages that each held one would leave the seventh waiting for ever.</summary>
    [Fact(Explicit = true)]
    public async Task Pages_that_nobody_sees_hold_no_connection_and_catch_up_when_they_are_seen()
    {
        const int Hidden = 7;
        await using Served served = await Served.Start([_run.Folder]);
        await browser.OpenLive(served, "/", async first =>
        {
            List<IPage> hidden = [];
            for (IPage page = first; ; page = await first.Context.NewPageAsync())
            {
                await page.GotoAsync($"{served.Address}");
                await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
                if (hidden.Count == Hidden)
                {
                    await Beside(page, served, "/", async second =>
                    {
                        _run.Append(Growing.Step(301, 0.0625));
                        await Assertions.Expect(page.Locator("#step dd").First).ToHaveTextAsync("301");
                        await Assertions.Expect(second.Locator("#step dd").First).ToHaveTextAsync("301");
                        foreach (IPage each in hidden)
                        {
                            Assert.Equal("300", await each.Locator("#step dd").First.TextContentAsync());
                        }
                    });
                    break;
                }

                await Show(page, isHidden: true);
                hidden.Add(page);
            }

            await Show(hidden[0], isHidden: false);
            await Assertions.Expect(hidden[0].Locator("#step dd").First).ToHaveTextAsync("301");
            _run.Append(Growing.Step(302, 0.0625));
            await Assertions.Expect(hidden[0].Locator("#step dd").First).ToHaveTextAsync("302");
        }, expected: said => said == $"request: {served.Address}");
    }

    /// <summary>What a browser says where a connection is lost.</summary>
    private static bool IsLoss(string said) => said.Contains("ERR_CONNECTION_REFUSED", StringComparison.Ordinal) || said.Contains("ERR_INCOMPLETE_CHUNKED_ENCODING", StringComparison.Ordinal);

    /// <summary>Opens one page more in the browser of another.</summary>
    private static async Task Beside(IPage first, Served served, string path, Func<IPage, Task> look)
    {
        IPage page = await first.Context.NewPageAsync();
        await page.GotoAsync($"http://127.0.0.1:{served.Address.Port}{path}");
        await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
        await look(page);
    }

    /// <summary>Tells a page that it is seen or not, as a browser does whose user goes to another tab: one without windows takes all pages for seen.</summary>
    private static async Task Show(IPage page, bool isHidden) => await page.EvaluateAsync(
        "isHidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden }); document.dispatchEvent(new Event('visibilitychange')); }", isHidden);
}
