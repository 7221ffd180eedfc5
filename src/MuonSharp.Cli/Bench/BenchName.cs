using System.Globalization;

namespace MuonSharp.Cli.Bench;

/// <summary>A name of the form <c>family-AxBxC:variant</c>.</summary>
/// <param name="Sizes">The numbers.</param>
/// <param name="Variant">What follows the colon; empty without one.</param>
internal sealed record BenchName(int[] Sizes, string Variant)
{
    /// <summary>The greatest size that makes sense, and what keeps products of two within a 32-bit number.</summary>
    public const int Largest = 65536;

    /// <summary>The greatest number of elements: 1 GiB.</summary>
    public const long MostElements = 1 << 28;

    /// <summary>Takes a name apart; null when it does not have the form, a size is not between 1 and <see cref="Largest"/>, or two of them make a
    /// matrix of more than <see cref="MostElements"/>.</summary>
    public static BenchName? Parse(string family, string name)
    {
        if (!name.StartsWith(family + "-", StringComparison.Ordinal))
        {
            return null;
        }

        var parts = name[(family.Length + 1)..].Split(':', 2);
        return Numbers(parts[0]) is { } sizes && sizes.OrderDescending().Take(2).Aggregate(1L, (product, size) => product * size) <= MostElements
            ? new BenchName(sizes, parts.Length > 1 ? parts[1] : string.Empty)
            : null;
    }

    /// <summary>Numbers with an x between them; null when it is anything else.</summary>
    public static int[]? Numbers(string text)
    {
        var words = text.Split('x');
        var sizes = new int[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]) || sizes[i] is < 1 or > Largest)
            {
                return null;
            }
        }

        return sizes;
    }
}
