using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using MuonSharp.Cli.Errors;
using MuonSharp.Dashboard;
using MuonSharp.Training;

namespace MuonSharp.Cli.Dashboard;

/// <summary>The door to the server of live pages: nothing of it is loaded until somebody wants one.</summary>
internal static class LivePages
{
    /// <summary>An option with a port.</summary>
    public static Option<int?> Port(string name, string description, bool mayBeLeftOut = false)
    {
        var option = new Option<int?>(name)
        {
            HelpName = mayBeLeftOut ? "[PORT]" : "PORT",
            Description = description,
            Arity = mayBeLeftOut ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
            CustomParser = static result =>
            {
                if (result.Tokens.Count == 0)
                {
                    return null;
                }

                string text = result.Tokens[^1].Value;
                if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= IPEndPoint.MaxPort)
                {
                    return port;
                }

                result.AddError($"{(result.Parent as System.CommandLine.Parsing.OptionResult)?.Option.Name} takes a port from 0 to {IPEndPoint.MaxPort}; '{text}' came");
                return null;
            },
        };
        return option;
    }

    /// <summary>Serves pages of runs until it is disposed.</summary>
    /// <param name="places">Run folders and folders of runs.</param>
    /// <param name="host">The address to listen on.</param>
    /// <param name="port">The port; null: the usual one, or a free one.</param>
    /// <param name="address">Gives the page's address once the server has begun.</param>
    /// <exception cref="ToolException">The address or the port cannot be had.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Task<IAsyncDisposable> Start(IReadOnlyList<string> places, IPAddress host, int? port, out Func<Uri> address)
    {
        Uri? known = null;
        address = () => known!;
        return Begin();

        async Task<IAsyncDisposable> Begin()
        {
            try
            {
                DashboardServer server = await DashboardServer.StartAsync(new() { Runs = places, Host = host, Port = port });
                known = server.Address;
                return server;
            }
            catch (IOException error)
            {
                throw ToolException.Usage(error.Message);
            }
        }
    }

    /// <summary>A page of a run that begins now. That there can be none is told and ends nothing.</summary>
    /// <returns>The server, or null, and what to say.</returns>
    public static async Task<(IAsyncDisposable? Server, NoticeEvent Note)> Beside(string? runFolder, int? port, long step)
    {
        if (runFolder is null)
        {
            return (null, new(step, "no live page: this process writes no run folder"));
        }

        try
        {
            IAsyncDisposable server = await Start([runFolder], IPAddress.Loopback, port, out Func<Uri> address);
            return (server, new(step, $"live page: {address().AbsoluteUri}"));
        }
        catch (ToolException error)
        {
            return (null, new(step, $"no live page: {error.Message}"));
        }
    }
}
