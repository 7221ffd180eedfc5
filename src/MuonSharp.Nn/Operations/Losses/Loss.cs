namespace MuonSharp.Nn;

/// <summary>The result of a loss on a tape, and the factor of its gradient.</summary>
/// <remarks>The gradients of all losses of a tape add up, each with its own factor. A loss of your own is an operation that has one of these.</remarks>
public sealed class Loss
{
    /// <summary>Mean over what counts in the last forward run: elements, or rows of a cross-entropy; 0 when nothing counts.</summary>
    public double Mean => Counted == 0 ? 0 : Sum / Counted;

    /// <summary>Sum over what counts in the last forward run.</summary>
    public double Sum { get; private set; }

    /// <summary>How many elements, or rows of a cross-entropy, counted in the last forward run.</summary>
    public long Counted { get; internal set; }

    /// <summary>Factor of the gradients, set before the forward run (which computes them): 1/k for each of k micro-batches. Default 1.</summary>
    public float GradientScale { get; set; } = 1;

    /// <summary>Says what a forward run has found.</summary>
    /// <param name="sum">Sum over what counts.</param>
    /// <param name="counted">How many count.</param>
    public void Set(double sum, long counted) => (Sum, Counted) = (sum, counted);

    /// <summary>The sum of parts in their order.</summary>
    internal unsafe void Add(double* parts, int count)
    {
        Sum = 0;
        for (int i = 0; i < count; i++)
        {
            Sum += parts[i];
        }
    }
}
