using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

public class DashboardTests
{
    [Fact]
    public async Task A_page_shows_what_another_process_trains_until_the_run_ends()
    {
        using var folder = new TemporaryFolder();
        using RunningProcess page = Tool.Start(["dashboard", folder.At("runs"), "--port", "0", "--json"]);
        Assert.False(page.WaitForText("dashboard\","), "a folder that is not there");
        page.Wait().Exits(2);

        Directory.CreateDirectory(folder.At("runs"));
        using RunningProcess shown = Tool.Start(["dashboard", folder.At("runs"), "--port", "0", "--json"]);
        Assert.True(shown.WaitForText("\n"), shown.Error);
        Uri address = new((string)JsonNode.Parse(shown.Output)!["address"]!);
        using HttpClient client = new();
        using StreamReader events = new(await client.GetStreamAsync(new Uri(address, "/events"), TestContext.Current.CancellationToken));
        Assert.Contains("No run yet", await Head(events), StringComparison.Ordinal);
        using RunningProcess training = Tool.Start(TinyRun.Train(folder, folder.At("runs", "first")));
        string head;
        do
        {
            head = await Head(events);
        }
        while (!head.Contains("<p class=\"lead\">Done", StringComparison.Ordinal));

        training.Wait().Exits(0);
        Assert.Contains("<dt>steps</dt><dd>60<small>of 60</small>", head, StringComparison.Ordinal);
    }

    /// <summary>The page's next head.</summary>
    private static async Task<string> Head(StreamReader events)
    {
        while (true)
        {
            string line = (await events.ReadLineAsync(TestContext.Current.CancellationToken))!;
            if (line.StartsWith("data: ", StringComparison.Ordinal) && (string?)JsonNode.Parse(line[6..])!["parts"]!["head"] is { } head)
            {
                return head;
            }
        }
    }

    [Fact]
    public async Task A_run_shows_itself_where_it_is_asked_to()
    {
        using var folder = new TemporaryFolder();
        using RunningProcess training = Tool.Start(TinyRun.Train(folder, folder.At("mine"), "--dashboard", "0", "--steps", "20000", "--set", "evaluate.every=-1", "--set", "checkpoint.every=-1"));
        Assert.True(training.WaitForText("live page: http://127.0.0.1:"), training.Error);
        Assert.True(training.WaitForText("  loss "), training.Error);
        Uri address = new(training.Output.Split("live page: ")[1].Split('\n')[0]);
        using HttpClient client = new();
        string page = await client.GetStringAsync(address, TestContext.Current.CancellationToken);
        Assert.Contains("<h1>mine</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<small>of the process, at most ", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[dashboard] --host takes localhost or the number of an address, such as 0.0.0.0 or ::1; 'nowhere' came", "--host", "nowhere")]
    [InlineData("--port takes a port from 0 to 65535; '65536' came", "--port", "65536")]
    public void What_cannot_be_an_address_is_a_usage_error(string message, params string[] options) =>
        Assert.Contains(message, Tool.Run(["dashboard", .. options]).Exits(1).Error, StringComparison.Ordinal);

    [Fact]
    public void A_signal_ends_the_page_and_that_is_no_error()
    {
        Signal.SkipWhereIgnored(Signal.Interrupt);
        using var folder = new TemporaryFolder();
        using RunningProcess page = Tool.Start(["dashboard", folder.At("."), "--port", "0"]);
        Assert.True(page.WaitForText("Ctrl+C ends it"), page.Error);
        Signal.Send(page, Signal.Interrupt);
        ProcessResult result = page.Wait().Exits(0);
        Assert.StartsWith("http://127.0.0.1:", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }
}
