namespace MuonSharp.Nn;

/// <summary>The result of a loss on a tape, and the factor of its gradient.</summary>
public sealed class CrossEntropyLoss
{
    internal CrossEntropyLoss()
    {
    }

    /// <summary>Mean loss over the counted tokens of the last forward run, in nats; 0 when none counts.</summary>
    public double Mean { get; internal set; }

    /// <summary>Sum of the loss over the counted tokens of the last forward run, in nats.</summary>
    public double Sum { get; internal set; }

    /// <summary>Targets of the last forward run that were not ignored.</summary>
    public int Counted { get; internal set; }

    /// <summary>Factor of the gradients, set before the forward run (which computes them): 1/k for each of k micro-batches. Default 1.</summary>
    public float GradientScale { get; set; } = 1;
}
