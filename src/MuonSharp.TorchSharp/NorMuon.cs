using MuonSharp.Optimizers;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp;

/// <summary>NorMuon: <see cref="Muon"/> whose output rows are divided by a running root mean square of their own.</summary>
/// <remarks>The preset <see cref="MuonPresets.NorMuon"/> under its own name. Memory: one number an output more. Source: arXiv 2510.05491.</remarks>
public sealed class NorMuon : Muon
{
    /// <summary>NorMuon over matrices that share their options.</summary>
    /// <param name="parameters">At least one, each with two axes or more.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="momentum">In [0, 1).</param>
    /// <param name="beta2">Decay of the rows' mean squares, in [0, 1).</param>
    /// <param name="weight_decay">Decoupled decay.</param>
    /// <param name="orthogonalizer">A name of <see cref="Orthogonalizers.Names"/>; null: the reference's five steps.</param>
    /// <param name="layouts">How some parameters split into matrices.</param>
    /// <param name="state_type">The type of the momentum; null: the parameter's own.</param>
    /// <exception cref="ArgumentException">A number, a parameter or a layout is wrong; the message says which.</exception>
    public NorMuon(
        IEnumerable<Parameter> parameters, double lr = 0.02, double momentum = 0.95, double beta2 = 0.95, double weight_decay = 0,
        string? orthogonalizer = null, MatrixLayouts? layouts = null, ScalarType? state_type = null)
        : base(
            parameters, lr, momentum, weight_decay, nesterov: null, MuonPresets.NorMuon with { RowNormalization = new RowNormalization { Beta2 = beta2 } },
            orthogonalizer, scale: null, layouts, state_type)
    {
    }
}
