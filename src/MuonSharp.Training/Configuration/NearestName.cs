namespace MuonSharp.Training;

/// <summary>Finds the name that a mistyped one was most likely meant to be.</summary>
internal static class NearestName
{
    /// <summary>The known name with the least edit distance, or null when none is near enough to be meant.</summary>
    /// <remarks>
    /// A name without its prefix counts too: <c>layers</c> finds <c>model.layers</c>. Case is no difference.
    /// </remarks>
    public static string? Of(string name, IEnumerable<string> known)
    {
        string? best = null;
        int least = int.MaxValue;
        foreach (string candidate in known)
        {
            int distance = Math.Min(Distance(name, candidate), TailDistance(name, candidate));
            if (distance < least)
            {
                (best, least) = (candidate, distance);
            }
        }

        return least <= Math.Max(2, name.Length / 2) ? best : null;
    }

    /// <summary>Distance to the last part of a dotted name; one more, so that a match of the whole name wins.</summary>
    private static int TailDistance(string name, string candidate)
    {
        string tail = candidate[(candidate.LastIndexOf('.') + 1)..];
        return Distance(name[(name.LastIndexOf('.') + 1)..], tail) + 1 + (name.Contains('.', StringComparison.Ordinal) ? 2 : 0);
    }

    /// <summary>Levenshtein distance, upper and lower case alike: insertions, deletions and replacements.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
