using MuonSharp.Optimizers;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <summary>What AdamW keeps of one parameter that Muon does not step.</summary>
public sealed class AuxiliaryState : UpdateState
{
    internal AuxiliaryState(global::TorchSharp.Modules.Parameter parameter, TensorUpdate update, ScalarType type)
        : base(parameter, update, type)
    {
    }

    /// <summary>The first moment.</summary>
    public Tensor exp_avg => First;

    /// <summary>The second moment.</summary>
    public Tensor exp_avg_sq => Second!;

    private protected override long[]? SecondShape => _parameter.shape;
}
