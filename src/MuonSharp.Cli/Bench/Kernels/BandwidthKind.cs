namespace MuonSharp.Cli.Bench;

/// <summary>What is done to memory that no cache holds.</summary>
internal enum BandwidthKind
{
    /// <summary>The sum of an array.</summary>
    Read,

    /// <summary>y = x.</summary>
    Copy,

    /// <summary>z = x + s y.</summary>
    Triad,
}
