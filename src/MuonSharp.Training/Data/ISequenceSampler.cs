using MuonSharp.Numerics;

namespace MuonSharp.Training;

/// <summary>Says where training sequences start: a function of the draw alone, so the position in the data is the number of the step and nothing is to be saved.</summary>
/// <remarks>Neither threads nor the split of a step into micro-batches change what is drawn. Drawing allocates nothing.</remarks>
public interface ISequenceSampler
{
    /// <summary>Says what is drawn, the seed included: a resumed run compares it with that of the run's start.</summary>
    string Identity { get; }

    /// <summary>Where a sequence starts.</summary>
    /// <param name="draw">Which sequence of the run it is.</param>
    /// <returns>0 to <see cref="SequenceDraw.Starts"/> - 1.</returns>
    long StartOf(SequenceDraw draw);
}

/// <summary>A sequence of a run that is to be drawn.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Sample">Number of the sequence within the step, from 0.</param>
/// <param name="Samples">Sequences in a step.</param>
/// <param name="Tokens">Tokens of the source, at least <paramref name="Context"/> + 1.</param>
/// <param name="Context">Length of a sequence; its last target comes one token later.</param>
public readonly record struct SequenceDraw(long Step, int Sample, long Samples, long Tokens, int Context)
{
    /// <summary>Number of the sequence in the whole run, from 0.</summary>
    public long Number => ((Step - 1) * Samples) + Sample;

    /// <summary>Number of places where a sequence can start.</summary>
    public long Starts => Tokens - Context;

    /// <summary>Number of sequences that lie one behind the other in the source; what is left of it at the end is shorter than a sequence.</summary>
    public long Windows => (Tokens - 1) / Context;
}

/// <summary>Sequences from anywhere: each starts at ⌊r n / 2⁶⁴⌋ with 64 random bits r and n possible starts.</summary>
/// <param name="seed">The run's seed.</param>
public sealed class RandomWindows(ulong seed) : ISequenceSampler
{
    private readonly RandomStream _random = new(seed, "batches");

    /// <inheritdoc/>
    public string Identity => $"random windows, seed {seed}";

    /// <inheritdoc/>
    public long StartOf(SequenceDraw draw) => _random.Below(draw.Starts, (ulong)draw.Step, (uint)draw.Sample);
}

/// <summary>One sequence behind the other, from the beginning again when the source has ended.</summary>
public sealed class SequentialWindows : ISequenceSampler
{
    /// <inheritdoc/>
    public string Identity => "windows in order";

    /// <inheritdoc/>
    public long StartOf(SequenceDraw draw) => draw.Number % draw.Windows * draw.Context;
}

/// <summary>The sequences that lie one behind the other, each once in an epoch, in another order each time.</summary>
/// <remarks>Holds the order of one epoch: 4 bytes a sequence.</remarks>
/// <param name="seed">The run's seed.</param>
public sealed class ShuffledWindows(ulong seed) : ISequenceSampler
{
    private EpochOrder? _order;

    /// <inheritdoc/>
    public string Identity => $"shuffled windows, seed {seed}";

    /// <inheritdoc/>
    public long StartOf(SequenceDraw draw)
    {
        _order = _order?.Rows == draw.Windows ? _order : new EpochOrder(checked((int)draw.Windows), seed, "sequences/order");
        return (long)_order.At(draw.Number) * draw.Context;
    }
}

/// <summary>The orders that a configuration can name.</summary>
internal static class SequenceSamplers
{
    private static readonly Dictionary<string, Func<ulong, ISequenceSampler>> s_kinds = new(StringComparer.Ordinal)
    {
        ["random"] = seed => new RandomWindows(seed),
        ["sequential"] = _ => new SequentialWindows(),
        ["shuffled"] = seed => new ShuffledWindows(seed),
    };

    public static IReadOnlyList<string> Names { get; } = [.. s_kinds.Keys];

    public static ISequenceSampler Create(string name, ulong seed) => s_kinds[name](seed);
}
