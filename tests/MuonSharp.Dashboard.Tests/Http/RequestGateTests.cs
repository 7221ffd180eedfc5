using System.Net;
using MuonSharp.Reports.Tests;

namespace MuonSharp.Dashboard.Tests.Http;

public sealed class RequestGateTests : IDisposable
{
    private readonly RunFolderOf _run = new RunFolderOf().Steps(3).Save();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData("127.0.0.1:1234")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:80")]
    public async Task A_request_for_this_server_is_answered(string host)
    {
        await using Served served = await Served.Start([_run.Folder]);
        using HttpResponseMessage response = await served.Ask("/", host);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("attacker.example", "/")]
    [InlineData("attacker.example", "/events")]
    [InlineData("localhost.attacker.example:80", "/")]
    [InlineData("127.0.0.2", "/")]
    [InlineData("192.168.1.7:6060", "/events")]
    public async Task A_request_for_somebody_elses_name_is_refused(string host, string path)
    {
        await using Served served = await Served.Start([_run.Folder]);
        using HttpResponseMessage response = await served.Ask(path, host);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
        Assert.DoesNotContain("mine", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_others_reach_it_the_page_needs_the_token_of_its_address()
    {
        await using Served served = await Served.Start([_run.Folder], host: IPAddress.Any);
        Assert.Matches("^\\?token=[0-9a-f]{32}$", served.Address.Query);
        foreach (string path in (string[])["/", "/events", "/?token=", "/?token=0123456789abcdef0123456789abcdef"])
        {
            using HttpResponseMessage refused = await served.Ask(path);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using HttpResponseMessage response = await served.Ask("/" + served.Address.Query);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/", response.Headers.Location!.OriginalString);
        string cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        foreach (string path in (string[])["/", "/events"])
        {
            using HttpResponseMessage admitted = await served.Ask(path, cookie: cookie.Split(';')[0]);
            Assert.Equal(HttpStatusCode.OK, admitted.StatusCode);
        }

        using HttpResponseMessage wrong = await served.Ask("/", cookie: cookie.Split('=')[0] + "=0123");
        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
    }

    [Fact]
    public async Task On_loopback_there_is_no_token_unless_one_is_given()
    {
        await using (Served open = await Served.Start([_run.Folder]))
        {
            Assert.Equal("", open.Address.Query);
        }

        await using Served closed = await Served.Start([_run.Folder], token: "secret");
        using HttpResponseMessage response = await closed.Ask("/");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Theory]
    [InlineData("POST", "/", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/events", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/config.json", HttpStatusCode.NotFound)]
    [InlineData("GET", "/..%2F..%2Fetc/passwd", HttpStatusCode.NotFound)]
    public async Task Nothing_else_can_be_asked(string method, string path, HttpStatusCode expected)
    {
        await using Served served = await Served.Start([_run.Folder]);
        using HttpResponseMessage response = await served.Ask(path, method: new(method));
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task The_policy_lets_the_pages_own_style_and_script_in_and_nothing_else()
    {
        await using Served served = await Served.Start([_run.Folder]);
        using HttpResponseMessage response = await served.Ask("/");
        string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Dictionary<string, string> rules = policy.Split("; ").Select(rule => rule.Split(' ', 2)).ToDictionary(rule => rule[0], rule => rule[1], StringComparer.Ordinal);
        Assert.Equal("'none'", rules["default-src"]);
        Assert.Equal("'self'", rules["connect-src"]);
        Assert.Equal("'none'", rules["frame-ancestors"]);
        Assert.Equal("'none'", rules["base-uri"]);
        Assert.Matches("^'sha256-[A-Za-z0-9+/=]{44}'$", rules["script-src"]);
        Assert.Matches("^'sha256-[A-Za-z0-9+/=]{44}'$", rules["style-src"]);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error_where_it_was_given()
    {
        await using Served first = await Served.Start([_run.Folder]);
        IOException error = await Assert.ThrowsAsync<IOException>(() => Served.Start([_run.Folder], first.Address.Port));
        Assert.Equal($"[dashboard] 127.0.0.1:{first.Address.Port}: the page needs an address and a port of its own; it is taken", error.Message);
    }

    [Fact]
    public async Task Without_a_port_a_free_one_is_found()
    {
        await using DashboardServer first = await DashboardServer.StartAsync(new() { Runs = [_run.Folder] }, TestContext.Current.CancellationToken);
        await using DashboardServer second = await DashboardServer.StartAsync(new() { Runs = [_run.Folder] }, TestContext.Current.CancellationToken);
        Assert.NotEqual(first.Address.Port, second.Address.Port);
    }
}
