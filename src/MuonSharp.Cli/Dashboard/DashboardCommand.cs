using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Signals;

namespace MuonSharp.Cli.Dashboard;

/// <summary><c>muonsharp dashboard</c>: a page that shows runs while they go on.</summary>
internal static class DashboardCommand
{
    private const string Parent = "runs";

    private static readonly Argument<string[]> s_runs = new("RUNS")
    {
        Description = "Run folders, and folders of run folders. [default: runs]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<int?> s_port = LivePages.Port("--port", "The port. [default: 6060, or a free one where that is taken]");

    private static readonly Option<string?> s_host = new("--host")
    {
        HelpName = "ADDRESS",
        Description = "The address to listen on: localhost, or one of this machine's (0.0.0.0: all), with a token then. [default: localhost]",
    };

    private static readonly Option<bool> s_json = CommonOptions.Json();

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var command = new Command("dashboard", "Shows runs while they go on, in a browser, until Ctrl+C: curves that grow, samples as they appear, several runs over each other.")
        {
            s_runs, s_port, s_host, s_json,
        };
        command.SetAction((parsed, _) => RunAsync(parsed));
        return new(command,
        [
            "muonsharp dashboard",
            "muonsharp dashboard runs/mine runs/other",
            "muonsharp dashboard --port 8080",
            "muonsharp dashboard --host 0.0.0.0",
        ]);
    }

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        string[] places = parsed.GetValue(s_runs) is { Length: > 0 } given ? given : [Parent];
        if (places.FirstOrDefault(place => !Directory.Exists(place)) is { } missing && (parsed.GetValue(s_runs) is { Length: > 0 }))
        {
            throw ToolException.BadInput($"[dashboard] {missing}: a run folder, or a folder of runs, is needed; there is no such folder");
        }

        using CancellationTokenSource stop = new();
        using StopSignals signals = new(stop.Cancel);
        await using IAsyncDisposable server = await LivePages.Start(places, Host(parsed.GetValue(s_host)), parsed.GetValue(s_port), out Func<Uri> address);
        if (parsed.GetValue(s_json))
        {
            JsonLines.Write(new JsonObject { ["kind"] = "dashboard", ["address"] = address().AbsoluteUri });
        }
        else
        {
            using Terminal terminal = new(TerminalMode.Detect());
            terminal.Whole(address().AbsoluteUri);
            terminal.Line("Ctrl+C ends it; the runs go on.", Style.Label);
        }

        await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return ExitCode.Done;
    }

    private static IPAddress Host(string? text) => text is null or "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(text, out IPAddress? address) ? address
        : throw ToolException.Usage($"[dashboard] --host takes localhost or the number of an address, such as 0.0.0.0 or ::1; '{text}' came");
}
