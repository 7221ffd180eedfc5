namespace MuonSharp.Optimizers;

/// <summary>Which heads a step's clip scaled down, and what every head measured. One object, rewritten by every step.</summary>
public sealed class QkClipReport
{
    private readonly QkClip _clip;

    internal QkClipReport(QkClip clip) => _clip = clip;

    /// <summary>Heads that were scaled down in this step.</summary>
    public int ClippedHeads { get; internal set; }

    /// <summary>Number of query heads, over all layers.</summary>
    public int Count => _clip.HeadCount;

    /// <summary>One head, counted through all layers.</summary>
    /// <param name="index">From 0 to <see cref="Count"/>.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such head.</exception>
    public HeadClip this[int index] => _clip.Head(index);
}
