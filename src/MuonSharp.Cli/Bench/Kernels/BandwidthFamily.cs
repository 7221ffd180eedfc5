namespace MuonSharp.Cli.Bench;

/// <summary>Memory bandwidth.</summary>
internal sealed class BandwidthFamily() : BenchFamily(
    "bandwidth",
    "bandwidth-read, bandwidth-copy, bandwidth-triad",
    "arrays of 256 MiB: sum of x; y = x; z = x + s y; what the program reads and writes is counted",
    [.. Kinds.Keys])
{
    private static readonly Dictionary<string, BandwidthKind> Kinds = new(StringComparer.Ordinal)
    {
        ["bandwidth-read"] = BandwidthKind.Read,
        ["bandwidth-copy"] = BandwidthKind.Copy,
        ["bandwidth-triad"] = BandwidthKind.Triad,
    };

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) =>
        Kinds.TryGetValue(name, out var kind) ? context => new BandwidthCase(name, context.Team, kind) : null;

    /// <inheritdoc/>
    public override string Rule(string name) => $"what is measured must be one of {string.Join(", ", Kinds.Keys.Select(kind => kind[(Name.Length + 1)..]))}";
}
