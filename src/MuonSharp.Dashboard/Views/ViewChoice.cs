using Microsoft.AspNetCore.Http;

namespace MuonSharp.Dashboard.Views;

/// <summary>What a reader wants to see: which runs, over which axis.</summary>
/// <param name="Runs">Names of runs; none: the one that was written to last.</param>
/// <param name="Over">The axis; unknown ones mean the first.</param>
internal sealed record ViewChoice(IReadOnlyList<string> Runs, string Over)
{
    /// <summary>How many runs are laid over each other at most: so many lines can be told apart.</summary>
    public const int MostRuns = 24;

    private const int LongestName = 4096;

    /// <summary>A text that is the same for equal choices.</summary>
    public string Key { get; } = string.Join('\0', Runs.Prepend(Over));

    /// <summary>Reads the query of an address.</summary>
    public static ViewChoice Of(IQueryCollection query) => new(
        [.. query["run"].OfType<string>().Where(name => name.Length is > 0 and <= LongestName).Distinct(StringComparer.Ordinal).Take(MostRuns)],
        query["over"].ToString() is { Length: > 0 and < 40 } over ? over : "by-steps");
}
