using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MuonSharp.Dashboard.Http;
using MuonSharp.Dashboard.Runs;

namespace MuonSharp.Dashboard;

/// <summary>Serves the live page of runs: what their folders say, and what is written to them from then on.</summary>
/// <remarks>
/// <para>In one line: <c>await using var page = await DashboardServer.StartAsync(new() { Runs = ["runs"] });</c></para>
/// <para>It reads run folders and writes nothing. Who may ask: a request whose <c>Host</c> is not this server's is refused, so that no page of somebody else's
/// can read this one through a name that it points here; on another address than loopback a request needs the token, too.</para>
/// <para>Cost: nothing while no page is open; else a drawing of each different view that somebody looks at, with a pause of twenty times its length, ten seconds at most.</para>
/// </remarks>
public sealed class DashboardServer : IAsyncDisposable
{
    private const int MostConnections = 100;

    private readonly WebApplication _application;
    private readonly RunCatalog _catalog;

    private DashboardServer(WebApplication application, RunCatalog catalog, Uri address) => (_application, _catalog, Address) = (application, catalog, address);

    /// <summary>The page's address, with the token where one is needed.</summary>
    public Uri Address { get; }

    /// <summary>Begins to serve.</summary>
    /// <param name="options">What and where.</param>
    /// <param name="cancellation">Breaks off the start.</param>
    /// <exception cref="IOException">The address or the port cannot be had; the message says which in one line.</exception>
    public static async Task<DashboardServer> StartAsync(DashboardOptions options, CancellationToken cancellation = default)
    {
        string? token = options.Token ?? (IPAddress.IsLoopback(options.Host) ? null : RandomNumberGenerator.GetHexString(32, lowercase: true));
        RunCatalog catalog = new(options.Runs);
        try
        {
            try
            {
                return await Start(options, options.Port ?? DashboardOptions.UsualPort, token, catalog, cancellation);
            }
            catch (IOException) when (options.Port is null)
            {
                return await Start(options, port: 0, token, catalog, cancellation);
            }
        }
        catch
        {
            catalog.Dispose();
            throw;
        }
    }

    /// <summary>Ends all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource atOnce = new(TimeSpan.FromSeconds(2));
        await _application.StopAsync(atOnce.Token);
        await _application.DisposeAsync();
        _catalog.Dispose();
    }

    private static async Task<DashboardServer> Start(DashboardOptions options, int port, string? token, RunCatalog catalog, CancellationToken cancellation)
    {
        // Empty: neither the caller's appsettings.json nor ASPNETCORE_URLS is meant for this page.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxConcurrentConnections = MostConnections;
            server.Limits.MaxRequestBodySize = 0;
            server.Listen(options.Host, port);
        });
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        WebApplication application = builder.Build();
        RequestGate gate = new(options.Host, token);
        Requests requests = new(new(catalog, options.Interval), application.Lifetime.ApplicationStopping);
        application.Run(async context =>
        {
            if (await gate.Admits(context))
            {
                await requests.Answer(context);
            }
        });
        try
        {
            await application.StartAsync(cancellation);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            await application.DisposeAsync();
            string reason = error.InnerException is AddressInUseException || error is AddressInUseException ? "it is taken" : (error.InnerException ?? error).Message;
            throw new IOException($"[dashboard] {new IPEndPoint(options.Host, port)}: the page needs an address and a port of its own; {reason}", error);
        }

        Uri bound = new(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        UriBuilder address = new("http", Reachable(options.Host).ToString(), bound.Port, "/") { Query = token is null ? "" : $"token={token}" };
        return new(application, catalog, address.Uri);
    }

    /// <summary>An address to write into a browser elsewhere, where the server listens on all that this machine has.</summary>
    private static IPAddress Reachable(IPAddress host) => !host.Equals(IPAddress.Any) && !host.Equals(IPAddress.IPv6Any) ? host
        : NetworkInterface.GetAllNetworkInterfaces()
            .Where(each => each.OperationalStatus == OperationalStatus.Up)
            .SelectMany(each => each.GetIPProperties().UnicastAddresses)
            .Select(each => each.Address)
            .FirstOrDefault(each => each.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(each)) ?? IPAddress.Loopback;

    /// <summary>The caller says when to stop: signals are its own affair.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
