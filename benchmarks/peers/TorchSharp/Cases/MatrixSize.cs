namespace MuonSharp.Peers;

/// <summary>A product or a matrix as <c>muonsharp bench</c> names it: product-MxNxK[:abt|:atb], orthogonalize-RxC; product-N is NxNxN.</summary>
/// <param name="Sizes">Rows and columns of C and the depth; or rows and columns of the matrix.</param>
/// <param name="Stored">How the factors are stored: empty, <c>abt</c> (B as [N, K]) or <c>atb</c> (A as [K, M]).</param>
internal sealed record MatrixSize(int[] Sizes, string Stored)
{
    /// <summary>Takes a name apart.</summary>
    /// <param name="name">The name.</param>
    /// <param name="count">How many sizes it has: 3 of a product, 2 of a matrix.</param>
    /// <exception cref="ArgumentException">It has another form.</exception>
    public static MatrixSize Parse(string name, int count)
    {
        string[] parts = name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..].Split(':');
        int[] sizes = [.. parts[0].Split('x').Select(word => int.TryParse(word, out int size) ? size : 0)];
        if (sizes.Length == 1)
        {
            sizes = [.. Enumerable.Repeat(sizes[0], count)];
        }

        return sizes.Length == count && sizes.All(size => size > 0) && parts is [_] or [_, "abt" or "atb"]
            ? new(sizes, parts.ElementAtOrDefault(1) ?? "")
            : throw new ArgumentException($"[peer] a product is product-N or product-MxNxK with :abt or :atb behind it or not, a matrix orthogonalize-RxC; '{name}' came");
    }
}
