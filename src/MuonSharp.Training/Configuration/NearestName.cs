namespace MuonSharp.Training;

/// <summary>Finds the name that a mistyped one was most likely meant to be.</summary>
public static class NearestName
{
    /// <summary>The known name with the least edit distance; null when none is nearer than a third of the letters, or two.</summary>
    /// <remarks>A name without its prefix counts too: <c>layers</c> finds <c>model.layers</c>. Case is no difference.</remarks>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names that there are.</param>
    public static string? Of(string name, IEnumerable<string> known)
    {
        string? best = null;
        int least = int.MaxValue;
        foreach (string candidate in known)
        {
            int distance = Math.Min(Distance(name, candidate), TailDistance(name, candidate));
            if (distance < least && distance < candidate.Length)
            {
                (best, least) = (candidate, distance);
            }
        }

        return least <= Math.Max(2, name.Length / 3) ? best : null;
    }

    /// <summary>The end of a message, <c>; did you mean '...'?</c>; empty when no name is near.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">The names that there are.</param>
    public static string Hint(string name, IEnumerable<string> known) => Of(name, known) is { } nearest ? $"; did you mean '{nearest}'?" : "";

    /// <summary>Distance to the last part of a dotted name; one more, so that a match of the whole name wins.</summary>
    private static int TailDistance(string name, string candidate)
    {
        string tail = candidate[(candidate.LastIndexOf('.') + 1)..];
        return tail.Length == candidate.Length ? int.MaxValue
            : Distance(name[(name.LastIndexOf('.') + 1)..], tail) + 1 + (name.Contains('.', StringComparison.Ordinal) ? 2 : 0);
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one word into the other, upper and lower case alike.</summary>
    private static int Distance(string from, string to)
    {
        int[,] cost = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            cost[i, 0] = i;
        }

        for (int j = 0; j <= to.Length; j++)
        {
            cost[0, j] = j;
        }

        for (int i = 1; i <= from.Length; i++)
        {
            for (int j = 1; j <= to.Length; j++)
            {
                int replace = Same(from[i - 1], to[j - 1]) ? 0 : 1;
                cost[i, j] = Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + replace);
                if (i > 1 && j > 1 && Same(from[i - 1], to[j - 2]) && Same(from[i - 2], to[j - 1]))
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[from.Length, to.Length];
    }

    private static bool Same(char one, char other) => char.ToLowerInvariant(one) == char.ToLowerInvariant(other);
}
