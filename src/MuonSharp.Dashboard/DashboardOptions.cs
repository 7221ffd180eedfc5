using System.Net;

namespace MuonSharp.Dashboard;

/// <summary>What a live page shows, and where.</summary>
public sealed record DashboardOptions
{
    /// <summary>The port that is tried first where none is given.</summary>
    public const int UsualPort = 6060;

    /// <summary>Run folders, and folders of run folders; they may be filled later.</summary>
    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>The address to listen on. Default: 127.0.0.1, which only this machine reaches; any other one needs <see cref="Token"/>.</summary>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 takes any that is free. Default: null, 6060 or, where that is taken, any.</summary>
    public int? Port { get; init; }

    /// <summary>What a reader must know to see the page. Default: null, nothing on loopback, else a random one: see <see cref="DashboardServer.Address"/>.</summary>
    public string? Token { get; init; }

    /// <summary>The least time between two looks at the files; a page that takes long to draw is drawn less often. Default: one second.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);
}
