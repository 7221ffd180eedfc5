using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;

namespace MuonSharp.Reports.Tests;

/// <summary>The pages as a browser shows them.</summary>
public sealed class BrowserTests(Chromium browser) : IClassFixture<Chromium>, IDisposable
{
    private const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";

    private readonly RunFolderOf _run = new();

    public static TheoryData<string, int, bool> Pages => [.. from page in (string[])["run", "runs", "comparison", "sweep"] from width in (int[])[180, 360, 600, 1200] from dark in (bool[])[false, true] select (page, width, dark)];

    public void Dispose() => _run.Dispose();

    /// <summary>Half of a width is what a window has at a zoom of 200 %.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Pages))]
    public Task A_page_asks_for_nothing_fits_its_window_and_keeps_nobody_out(string name, int width, bool dark) => browser.Open(Make(name), width, dark, scripts: true, async page =>
    {
        Assert.True(await page.EvaluateAsync<int>("document.querySelectorAll('svg').length") > 0);
        await page.EvaluateAsync("for (const part of document.querySelectorAll('details')) part.open = true");
        Assert.Equal(0, await page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"));
        Assert.Equal("", await page.EvaluateAsync<string>(Chromium.OverlappingNumbers));
        Assert.Empty(await Chromium.Barriers(page));
    });

    [Fact(Explicit = true)]
    public Task Without_scripts_every_chart_and_number_is_there() => browser.Open(Make("run"), 1200, dark: false, scripts: false, async page =>
    {
        Assert.Equal("mine", await page.TextContentAsync("h1"));
        Assert.True(await page.Locator("figure").First.IsVisibleAsync());
        Assert.True(await page.Locator("figure svg").First.IsVisibleAsync());
    });

    [Fact(Explicit = true)]
    public Task The_axis_is_chosen_by_the_keyboard_and_without_scripts() => browser.Open(Make("run"), 1200, dark: false, scripts: false, async page =>
    {
        Assert.True(await page.Locator(".by-steps").First.IsVisibleAsync());
        await page.GetByRole(AriaRole.Radio, new() { Name = "steps" }).FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.True(await page.Locator(".by-seconds").First.IsVisibleAsync());
        Assert.False(await page.Locator(".by-steps").First.IsVisibleAsync());
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.True(await page.Locator(".by-units").First.IsVisibleAsync());
    });

    [Fact(Explicit = true)]
    public Task The_step_of_the_spectra_is_chosen_by_the_keyboard_and_without_scripts() => browser.Open(Make("run"), 1200, dark: false, scripts: false, async page =>
    {
        ILocator[] drawings = [.. Enumerable.Range(0, 3).Select(number => page.Locator($"#spectra .at-{number}").First)];
        await page.GetByRole(AriaRole.Radio, new() { Name = "300" }).FocusAsync();
        for (int chosen = 0; chosen < drawings.Length; chosen++)
        {
            for (int number = 0; number < drawings.Length; number++)
            {
                Assert.Equal(number == chosen, await drawings[number].IsVisibleAsync());
            }

            await page.Keyboard.PressAsync("ArrowRight");
        }
    });

    [Fact(Explicit = true)]
    public Task The_numbers_under_the_pointer_are_those_of_the_file() => browser.Open(Make("run"), 1200, dark: false, scripts: true, async page =>
    {
        ILocator rates = page.Locator("figure", new() { HasText = "Learning rates" }).Locator("svg.lines").First;
        LocatorBoundingBoxResult box = (await rates.BoundingBoxAsync())!;
        await rates.HoverAsync(new() { Position = new() { X = box.Width / 2, Y = box.Height / 2 }, Force = true });
        await Assertions.Expect(page.Locator(".tip")).ToHaveCountAsync(1);
        string[] shown = [.. (await page.Locator(".tip > *").AllTextContentsAsync()).Select(text => text.Trim())];

        // The rate of the file at a step is 0.01 / step; which of the drawn points is nearest is the page's affair.
        int step = int.Parse(shown[0].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(step, 140, 160);
        Assert.Equal(0.01 / step, double.Parse(shown[1].Split(' ')[^1], CultureInfo.InvariantCulture), 5e-7);
        Assert.Equal("auxiliary: 0.003", shown[2]);
        await page.Mouse.MoveAsync(0, 0);
        await Assertions.Expect(page.Locator(".tip")).ToHaveCountAsync(0);
    });

    [Fact(Explicit = true)]
    public Task Names_and_samples_of_somebody_else_are_text() => browser.Open(Make("hostile"), 1200, dark: false, scripts: true, async page =>
    {
        Assert.Contains(Hostile, await page.EvaluateAsync<string>("document.body.textContent"), StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("img").CountAsync());
    });

    /// <summary>The time is told and not asserted on: machines differ. What is asserted is what it depends on, the size of the page and what is drawn.</summary>
    [Fact(Explicit = true)]
    public Task Fifty_thousand_steps_open_as_a_short_run_does()
    {
        string file = Make("long");
        Assert.InRange(new FileInfo(file).Length, 10_000, 1_000_000);
        long start = Stopwatch.GetTimestamp();
        return browser.Open(file, 1200, dark: false, scripts: true, async page =>
        {
            await page.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
            string taken = Stopwatch.GetElapsedTime(start).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
            TestContext.Current.SendDiagnosticMessage($"50,000 steps, {new FileInfo(file).Length} bytes: drawn after {taken} ms, the making of the tab included");
            TestContext.Current.TestOutputHelper!.WriteLine($"drawn after {taken} ms");
            Assert.InRange(await page.EvaluateAsync<int>("document.getElementsByTagName('*').length"), 100, 5000);
        });
    }

    private string Make(string name)
    {
        string file = Path.Combine(_run.Parent, "page.html");
        switch (name)
        {
            case "comparison":
                File.WriteAllText(file, ComparisonPage.Text(Sample.Result));
                return file;
            case "sweep":
                File.WriteAllText(file, SweepPage.Text(SweepSample.Result()));
                return file;
            case "runs":
                _run.Steps(300).Spectrum(200).Evaluation(100, 2).Evaluation(300, 1.5).Save();
                using (RunFolderOf other = new("other"))
                {
                    other.Steps(200).Spectrum(100).Spectrum(200).Evaluation(100, 1.9).Save();
                    RunReport.Write([_run.Folder, other.Folder], file);
                }

                return file;
            case "hostile":
                _run.Steps(20).Line($$"""{"kind":"sample","step":20,"prompt":"","text":"{{Hostile}}"}""").Save();
                return RunReport.Write(_run.Folder);
            case "long":
                _run.Steps(50_000).Save();
                return RunReport.Write(_run.Folder);
            default:
                _run.Steps(300).Spectrum(100).Spectrum(200).Spectrum(300).Spectrum(300, "h.1.weight").Evaluation(100, 2).Evaluation(200, 1.25).Evaluation(300, 1.5).Line("""{"kind":"sample","step":300,"prompt":"It is","text":" a truth\nuniversally"}""").Save();
                return RunReport.Write(_run.Folder);
        }
    }
}
