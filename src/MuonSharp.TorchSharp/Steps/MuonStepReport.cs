namespace MuonSharp.TorchSharp;

/// <summary>What a step did. Made only where it is asked for (<see cref="Muon.report"/>): reading it back from a device waits for the device.</summary>
public sealed record MuonStepReport
{
    /// <summary>The step's number, from 1.</summary>
    public required long Step { get; init; }

    /// <summary>Whether gradients were not finite and nothing changed.</summary>
    public bool Skipped { get; init; }

    /// <summary>Global norm of the gradients.</summary>
    public double GradientNorm { get; init; }

    /// <summary>Root mean square of the change over all updated elements, decay included; 0 when nothing was updated.</summary>
    public double UpdateRms { get; init; }

    /// <summary>Parameters that were updated by the kernels over the tensors' own memory.</summary>
    public int OnKernels { get; init; }

    /// <summary>Parameters that were updated in torch operations.</summary>
    public int InTorchOperations { get; init; }

    /// <summary>Matrices that were orthogonalized.</summary>
    public int MatricesOrthogonalized { get; init; }

    /// <summary>Of these, with a larger smallest pole; known on the processor alone.</summary>
    public int PolesRaised { get; init; }

    /// <summary>Of these, by another method; known on the processor alone.</summary>
    public int OrthogonalizationFallbacks { get; init; }
}
