using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>The parameters of a linear layer.</summary>
internal sealed record LinearWeights(Parameter Weight, Parameter? Bias)
{
    private MatrixOrientation Orientation => Weight.Layout!.Orientation;

    public Tensor Record(Tape tape, Tensor x, Activation? activation = null, Tensor? residual = null) =>
        tape.Linear(x, tape.Parameter(Weight), Bias is null ? null : tape.Parameter(Bias), activation, residual, Orientation);
}
