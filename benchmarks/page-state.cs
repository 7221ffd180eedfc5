#:property PublishAot=false
#:property EnforceCodeStyleInBuild=false

// What the page that is open in a browser shows and weighs, after a collection of garbage: dotnet run benchmarks/page-state.cs PORT, where PORT is Chromium's --remote-debugging-port.
using System.Net.WebSockets;
using System.Text.Json.Nodes;

if (args is not [var port])
{
    Console.Error.WriteLine("the port of the browser's --remote-debugging-port is needed");
    return 1;
}

using HttpClient http = new();
JsonNode page = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json")))!.AsArray().First(each => (string?)each!["type"] == "page")!;
using ClientWebSocket socket = new();
await socket.ConnectAsync(new Uri((string)page["webSocketDebuggerUrl"]!), default);
int last = 0;
_ = await Ask("Performance.enable");
const string Attached = "{ const all = document.createTreeWalker(document); let count = 1; while (all.nextNode()) count++; count }";
(long Detached, long Attached, long Heap, long Listeners) least = (long.MaxValue, 0, 0, 0);

// A drawing may come between the collection and the count: what is held is what is always there.
for (int look = 0; look < 3; look++)
{
    _ = await Ask("HeapProfiler.collectGarbage");
    Dictionary<string, long> metrics = (await Ask("Performance.getMetrics"))["metrics"]!.AsArray().ToDictionary(each => (string)each!["name"]!, each => (long)(double)each!["value"]!);
    long attached = (long)(await Ask("Runtime.evaluate", new() { ["expression"] = Attached, ["returnByValue"] = true }))["result"]!["value"]!;
    long detached = metrics["Nodes"] - attached;
    least = detached < least.Detached ? (detached, attached, metrics["JSHeapUsedSize"], metrics["JSEventListeners"]) : least;
}

JsonNode shown = await Ask("Runtime.evaluate", new() { ["expression"] = "document.querySelector('#step dd')?.textContent ?? ''", ["returnByValue"] = true });
Console.WriteLine(new JsonObject
{
    ["step"] = ((string)shown["result"]!["value"]!).Replace(",", "", StringComparison.Ordinal),
    ["heap"] = least.Heap,
    ["nodes"] = least.Attached,
    ["detached"] = least.Detached,
    ["listeners"] = least.Listeners,
}.ToJsonString());
return 0;

// The answer to a command of the DevTools protocol; events that come before it are passed over.
async Task<JsonNode> Ask(string method, JsonObject? parameters = null)
{
    JsonObject command = new() { ["id"] = ++last, ["method"] = method, ["params"] = parameters ?? [] };
    await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(command.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, default);
    while (true)
    {
        using MemoryStream message = new();
        byte[] part = new byte[1 << 16];
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(part.AsMemory(), default);
            message.Write(part, 0, received.Count);
        }
        while (!received.EndOfMessage);

        JsonNode answer = JsonNode.Parse(message.ToArray())!;
        if ((int?)answer["id"] == last)
        {
            return answer["result"] ?? throw new InvalidOperationException($"{method}: {answer["error"]}");
        }
    }
}
