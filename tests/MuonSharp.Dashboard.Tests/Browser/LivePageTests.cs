using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests.Browser;

/// <summary>The live page as a browser shows it.</summary>
public sealed class LivePageTests(Chromium browser) : IClassFixture<Chromium>, IDisposable
{
    private const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";

    private readonly RunFolderOf _run = new RunFolderOf().Steps(300).Evaluation(100, 2).Evaluation(300, 1.5).Save();

    public static TheoryData<int, bool, bool> Windows => [.. from width in (int[])[180, 360, 600, 1200] from dark in (bool[])[false, true] from several in (bool[])[false, true] select (width, dark, several)];

    public void Dispose() => _run.Dispose();

    /// <summary>Half of a width is what a window has at a zoom of 200 %.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Windows))]
    public async Task A_page_fits_its_window_and_keeps_nobody_out(int width, bool dark, bool several)
    {
        using RunFolderOf other = new("other");
        other.Steps(200).Evaluation(100, 1.9).Line("""{"kind":"sample","step":200,"prompt":"It is","text":" a truth\nuniversally"}""").Save();
        await using Served served = await Served.Start([_run.Folder, other.Folder]);
        await browser.OpenLive(served, several ? "/?run=mine&run=other" : "/?run=other", async page =>
        {
            await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
            await Picture(page, $"{(several ? "runs" : "run")}-{width}-{(dark ? "dark" : "light")}");
            await page.EvaluateAsync("for (const part of document.querySelectorAll('details')) part.open = true");
            Assert.Equal(0, await page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"));
            Assert.Equal("", await page.EvaluateAsync<string>(Chromium.OverlappingNumbers));
            Assert.Empty(await Chromium.Barriers(page));
        }, width, dark);
    }

    [Fact(Explicit = true)]
    public async Task What_is_written_appears_and_what_the_reader_did_stays()
    {
        await using Served served = await Served.Start([_run.Folder]);
        await browser.OpenLive(served, "/", async page =>
        {
            await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
            ILocator numbers = page.Locator("figure details.numbers").First;
            await numbers.Locator("summary").ClickAsync();
            ILocator axis = page.GetByRole(AriaRole.Radio, new() { Name = "seconds" });
            await axis.FocusAsync();
            await page.Keyboard.PressAsync("Space");
            await Assertions.Expect(page.Locator("svg.lines").First).ToHaveAttributeAsync("data-unit", "seconds of training");
            string before = (await page.Locator("polyline").First.GetAttributeAsync("points"))!;
            _run.Append(string.Concat(Enumerable.Range(301, 50).Select(step => Growing.Step(step, 0.0625))));
            await Assertions.Expect(page.Locator("#step")).ToContainTextAsync("350");
            await Assertions.Expect(page.Locator("#head dd").Nth(2)).ToContainTextAsync("350");
            Assert.NotEqual(before, await page.Locator("polyline").First.GetAttributeAsync("points"));
            Assert.True(await numbers.EvaluateAsync<bool>("each => each.open"));
            Assert.True(await axis.EvaluateAsync<bool>("each => each === document.activeElement && each.checked"));
            _run.Append("""{"kind":"sample","step":350,"prompt":"It is","text":" a truth"}""" + "\n");
            await Assertions.Expect(page.Locator("#samples pre")).ToHaveTextAsync("It is a truth");
        });
    }

    [Fact(Explicit = true)]
    public async Task Several_runs_are_chosen_by_the_keyboard_and_lie_over_each_other()
    {
        using RunFolderOf other = new("other");
        other.Steps(200).Evaluation(100, 1.9).Save();
        await using Served served = await Served.Start([_run.Folder, other.Folder]);
        await browser.OpenLive(served, "/?run=mine", async page =>
        {
            await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
            await page.GetByRole(AriaRole.Checkbox, new() { Name = "other" }).FocusAsync();
            await page.Keyboard.PressAsync("Space");
            await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("2 training runs");
            await Assertions.Expect(page.Locator("figure").First.Locator("g[data-name]")).ToHaveCountAsync(2);
            Assert.EndsWith("?run=mine&run=other&over=by-steps", page.Url, StringComparison.Ordinal);
            other.Append(Growing.Step(201, 0.5));
            await Assertions.Expect(page.Locator(".results tr", new() { HasText = "other" })).ToContainTextAsync("201");
            await page.GetByRole(AriaRole.Checkbox, new() { Name = "mine" }).FocusAsync();
            await page.Keyboard.PressAsync("Space");
            await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("other");
        });
    }

    [Fact(Explicit = true)]
    public async Task Names_and_samples_of_somebody_else_are_text_when_they_come_later_too()
    {
        using RunFolderOf other = new("<b onmouseover=alert(3)>bold");
        other.Steps(5).Save();
        await using Served served = await Served.Start([_run.Folder, other.Folder]);
        await browser.OpenLive(served, "/?run=mine", async page =>
        {
            await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
            _run.Append($$"""{"kind":"sample","step":300,"prompt":"","text":"{{Hostile}}"}""" + "\n");
            await Assertions.Expect(page.Locator("#samples pre")).ToHaveTextAsync(Hostile);
            await page.GetByRole(AriaRole.Checkbox, new() { Name = "<b onmouseover=alert(3)>bold" }).CheckAsync();
            await Assertions.Expect(page.Locator("#curves .legend").First).ToContainTextAsync("<b onmouseover=alert(3)>bold");
            Assert.Equal(0, await page.Locator("img, [onerror], [onmouseover]").CountAsync());
        });
    }

    [Fact(Explicit = true)]
    public async Task With_a_token_the_page_opens_by_its_address_alone()
    {
        await using Served served = await Served.Start([_run.Folder], token: "0123456789abcdef");
        await browser.Open($"{served.Address}", 1200, dark: false, scripts: true, async page =>
        {
            await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
            Assert.DoesNotContain("token", page.Url, StringComparison.Ordinal);
        }, said => said.StartsWith($"request: http://127.0.0.1:{served.Address.Port}/", StringComparison.Ordinal));
    }

    [Fact(Explicit = true)]
    public async Task Without_scripts_the_page_is_what_the_run_was_when_it_was_loaded()
    {
        await using Served served = await Served.Start([_run.Folder]);
        await browser.Open($"{served.Address}", 1200, dark: false, scripts: false, async page =>
        {
            Assert.Equal("mine", await page.TextContentAsync("h1"));
            await page.GetByRole(AriaRole.Radio, new() { Name = "tokens" }).CheckAsync();
            await page.Locator("summary", new() { HasText = "Runs" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
            await Assertions.Expect(page.Locator("svg.lines").First).ToHaveAttributeAsync("data-unit", "tokens");
        }, said => said.StartsWith($"request: {served.Address}", StringComparison.Ordinal));
    }

    /// <summary>Times are told and not asserted on. What is asserted is what they depend on: how much comes, and how much is drawn.</summary>
    [Fact(Explicit = true)]
    public async Task Fifty_thousand_steps_stay_light()
    {
        using RunFolderOf run = new("long");
        run.Steps(50_000).Save();
        await using Served served = await Served.Start([run.Folder]);
        long start = Stopwatch.GetTimestamp();
        await browser.OpenLive(served, "/", async page =>
        {
            await Assertions.Expect(page.Status()).ToHaveTextAsync("Live");
            Tell("open", start);
            Assert.InRange(await page.EvaluateAsync<int>("document.getElementsByTagName('*').length"), 100, 5000);
            start = Stopwatch.GetTimestamp();
            run.Append(Growing.Step(50_001, 0.0625));
            await Assertions.Expect(page.Locator("#step")).ToContainTextAsync("50,001");
            Tell("a step appears", start);
            string task = await page.EvaluateAsync<string>("""
                () => new Promise(done => { const began = performance.now(); setTimeout(() => requestAnimationFrame(() => done((performance.now() - began).toFixed(0))), 0); })
                """);
            TestContext.Current.TestOutputHelper!.WriteLine($"the next frame after {task} ms");
        });
        using Listener listener = await served.Listen();
        _ = await listener.Next();
        run.Append(Growing.Step(50_002, 0.0625));
        Assert.InRange((await listener.Next()).Data.ToJsonString().Length, 1000, 200_000);
    }

    private static void Tell(string what, long start) =>
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms"));

    /// <summary>For whoever wants to look: pictures go to the folder that the variable names.</summary>
    private static async Task Picture(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("MUONSHARP_PICTURES") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
        }
    }
}
