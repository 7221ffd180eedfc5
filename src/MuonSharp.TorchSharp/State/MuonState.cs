using MuonSharp.Optimizers;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>What Muon keeps of one matrix.</summary>
public sealed class MuonState : UpdateState
{
    internal MuonState(global::TorchSharp.Modules.Parameter parameter, TensorUpdate update, ScalarType type)
        : base(parameter, update, type)
    {
    }

    /// <summary>The momentum, in the parameter's shape.</summary>
    public Tensor momentum_buffer => First;

    /// <summary>The running mean squares of the output rows, one an output; null where the preset does not normalize rows.</summary>
    public Tensor? row_mean_squares => Second;

    private protected override long[]? SecondShape => ((MuonOptions)Update.Options).RowNormalization is null
        ? null
        : [Update.Matrices.Sum(static slice => (long)slice.FanOut)];

    /// <summary>So few that there is nothing to save by a shorter type.</summary>
    private protected override ScalarType SecondType => Type == ScalarType.Float64 ? Type : ScalarType.Float32;
}
