namespace MuonSharp.Nn;

/// <summary>The right of one operation to contribute to one tensor's gradient; whether it writes or adds is known when the tape is compiled.</summary>
public sealed unsafe class GradientSlot
{
    internal GradientSlot(Tensor tensor, bool duringForward, Tensor? passedFrom)
    {
        Tensor = tensor;
        DuringForward = duringForward;
        PassedFrom = passedFrom;
    }

    /// <summary>The tensor.</summary>
    public Tensor Tensor { get; }

    /// <summary>Whether the contribution adds to what is there (a later writer, a parameter, a seed) or is the first and overwrites.</summary>
    public bool Accumulates { get; internal set; }

    /// <summary>Whether the contribution is made in the forward run (losses do that).</summary>
    public bool DuringForward { get; }

    /// <summary>Address of the gradient.</summary>
    public float* Data => Tensor.GradientData;

    /// <summary>The output whose gradient buffer this one may take over, so that an elementwise backward works in place.</summary>
    internal Tensor? PassedFrom { get; }
}
