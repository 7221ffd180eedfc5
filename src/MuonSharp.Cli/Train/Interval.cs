namespace MuonSharp.Cli.Train;

/// <summary>How often a log file gets a line.</summary>
internal static class Interval
{
    private const int Lines = 40;

    /// <summary>The round number of steps (1, 2, 5, 10, 20, ...) that gives at most about forty lines for a run.</summary>
    public static long For(long totalSteps)
    {
        for (var power = 1L; ; power *= 10)
        {
            foreach (var factor in (ReadOnlySpan<long>)[1, 2, 5])
            {
                if (totalSteps <= Lines * factor * power)
                {
                    return factor * power;
                }
            }
        }
    }
}
