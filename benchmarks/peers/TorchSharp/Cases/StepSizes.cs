namespace MuonSharp.Peers;

/// <summary>The matrices of a decoder as its modules store them, queries, keys and values apart.</summary>
/// <param name="Name">The decoder.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Width">Width.</param>
/// <param name="Share">Of the rounds that are asked for, one in so many is run.</param>
internal sealed record StepSizes(string Name, int Layers, int Width, int Share)
{
    /// <summary>nanoGPT's larger setting for a processor, and GPT-2 124M.</summary>
    public static StepSizes[] All { get; } = [new("6/6/384", 6, 384, 1), new("gpt2-124m", 12, 768, 3)];

    /// <summary>[out, in] of every matrix.</summary>
    public IEnumerable<(int Out, int In)> Shapes => Enumerable.Repeat<(int, int)[]>(
        [(Width, Width), (Width, Width), (Width, Width), (Width, Width), (4 * Width, Width), (Width, 4 * Width)], Layers).SelectMany(block => block);
}
