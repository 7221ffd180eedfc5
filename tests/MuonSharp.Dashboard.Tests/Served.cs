using System.Net;
using System.Text;
using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests;

/// <summary>A server over some folders, and what a client without a browser asks it.</summary>
internal sealed class Served : IAsyncDisposable
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(20);

    private readonly DashboardServer _server;
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    private Served(DashboardServer server) => _server = server;

    public Uri Address => _server.Address;

    public static async Task<Served> Start(IReadOnlyList<string> places, int port = 0, string? token = null, IPAddress? host = null, TimeSpan? interval = null) =>
        new(await DashboardServer.StartAsync(new() { Runs = places, Port = port, Token = token, Host = host ?? IPAddress.Loopback, Interval = interval ?? s_soon }, TestContext.Current.CancellationToken));

    /// <summary>Asks on loopback, whatever the server's address is called.</summary>
    public async Task<HttpResponseMessage> Ask(string path, string? host = null, string? cookie = null, HttpMethod? method = null)
    {
        using HttpRequestMessage request = new(method ?? HttpMethod.Get, $"http://127.0.0.1:{Address.Port}{path}");
        request.Headers.Host = host;
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public async Task<string> Text(string path)
    {
        using HttpResponseMessage response = await Ask(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Listens to events.</summary>
    /// <param name="path">The address without its host.</param>
    /// <param name="lastId">The last event that was seen, as a browser says it when it comes back.</param>
    public async Task<Listener> Listen(string path = "/events", string? lastId = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{Address.Port}{path}");
        if (lastId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastId);
        }

        HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Ends the server, and leaves who listens to hear it.</summary>
    public Task Stop() => _server.DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }
}

/// <summary>Reads an event stream, as the standard of server-sent events describes it.</summary>
internal sealed class Listener(HttpResponseMessage response, Stream stream) : IDisposable
{
    /// <summary>The server says that it is there when it has had nothing to send for fifteen seconds, a look at the files or more.</summary>
    private const int MostSilences = 4;

    private readonly StreamReader _lines = new(stream, Encoding.UTF8);

    /// <summary>The next event that has data; a failure where the server says again and again that it has none.</summary>
    public async Task<SentEvent> Next()
    {
        string id = "", name = "", data = "";
        int silences = 0;
        while (await _lines.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            silences += line == ":" ? 1 : 0;
            Assert.True(silences < MostSilences, $"the server has looked {silences} times and more since the last event, and sent none");
            (string field, string value) = line.Split(':', 2) is [var before, var after] ? (before, after.TrimStart(' ')) : (line, "");
            (id, name, data) = field switch { "id" => (value, name, data), "event" => (id, value, data), "data" => (id, name, data + value), _ => (id, name, data) };
            if (line.Length == 0 && data.Length > 0)
            {
                return new(id, name, System.Text.Json.Nodes.JsonNode.Parse(data)!.AsObject());
            }
        }

        throw new EndOfStreamException("the server ended the stream");
    }

    public void Dispose()
    {
        _lines.Dispose();
        response.Dispose();
    }
}

/// <summary>An event.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Data">Its data.</param>
internal sealed record SentEvent(string Id, string Name, System.Text.Json.Nodes.JsonObject Data)
{
    /// <summary>Names of the parts that it brings.</summary>
    public IReadOnlyList<string> Parts => [.. Data["parts"]!.AsObject().Select(part => part.Key)];

    /// <summary>A part that it brings.</summary>
    public string Part(string name) => (string)Data["parts"]![name]!;
}

/// <summary>What is written to a run folder while somebody looks at it.</summary>
internal static class Growing
{
    /// <summary>Writes bytes behind a run's metrics, as a trainer does.</summary>
    public static void Append(this RunFolderOf run, string text) => File.AppendAllText(Path.Combine(run.Folder, "metrics.jsonl"), text);

    /// <summary>A spectrum line with its line break.</summary>
    public static string Spectrum(int step, string matrix) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $$$"""{"kind":"spectrum","step":{{{step}}},"matrix":"{{{matrix}}}","rows":4,"columns":6,"gradient":{"frobenius":{{{1.0 / step}}},"values":[{{{1.0 / step}}},{{{0.5 / step}}}]},"weights":{"frobenius":3,"values":[2,1]}}""") + "\n";

    /// <summary>A step line with its line break.</summary>
    public static string Step(int step, double loss) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $$"""{"kind":"step","step":{{step}},"tokens":{{step * 100}},"loss":{{loss}},"lr":{"matrices":0.01},"grad_norm":1.5,"update_rms":0.001,"step_ms":20,"optimizer_ms":2,"tokens_per_second":5000,"max_logit":3,"clipped_heads":0,"head_max_logits":[],"head_factors":[]}""") + "\n";
}
