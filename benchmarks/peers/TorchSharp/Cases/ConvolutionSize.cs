namespace MuonSharp.Peers;

/// <summary>A convolution as <c>muonsharp bench</c> names it: conv-IxOxKxS[xB], O filters KxK over B images of SxS pixels (without: 512) and I channels; an odd K keeps the size.</summary>
internal sealed record ConvolutionSize(int Inputs, int Outputs, int Window, int Size, int Batch)
{
    private const int UsualBatch = 512;

    /// <summary>Pixels around the images.</summary>
    public int Padding => Window % 2 == 0 ? 0 : Window / 2;

    /// <summary>Height and width of the result.</summary>
    public int Result => Size + (2 * Padding) - Window + 1;

    /// <summary>Takes a name apart.</summary>
    /// <exception cref="ArgumentException">It has another form.</exception>
    public static ConvolutionSize Parse(string name)
    {
        int[] sizes = [.. name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..].Split('x').Select(word => int.TryParse(word, out int size) ? size : 0)];
        return sizes is [var inputs, var outputs, var window, var size, .. { Length: <= 1 } rest] && sizes.All(number => number > 0) && window <= size
            ? new(inputs, outputs, window, size, rest is [var batch] ? batch : UsualBatch)
            : throw new ArgumentException($"[peer] a convolution is conv-IxOxKxS[xB]; '{name}' came");
    }
}
