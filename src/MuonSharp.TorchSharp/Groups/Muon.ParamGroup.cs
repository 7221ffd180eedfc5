using MuonSharp.Optimizers;
using static TorchSharp.torch;
using Modules = TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <content>Groups of parameters.</content>
public partial class Muon
{
    /// <summary>Matrices that share their options.</summary>
    public sealed class ParamGroup : Modules.ParamGroup<Options>, optim.IMomentum
    {
        /// <summary>An empty group.</summary>
        public ParamGroup()
        {
        }

        /// <summary>A group of matrices; what is not given is taken from the optimizer.</summary>
        /// <param name="parameters">The matrices, each with two axes or more.</param>
        /// <param name="lr">Learning rate.</param>
        /// <param name="momentum">Momentum.</param>
        /// <param name="weight_decay">Decoupled decay.</param>
        /// <param name="preset">Everything else.</param>
        /// <param name="layout">How every one of the group splits into matrices; null: as the optimizer's <see cref="MatrixLayouts"/> say.</param>
        /// <param name="state_type">The type of the momentum.</param>
        public ParamGroup(
            IEnumerable<Modules.Parameter> parameters, double? lr = null, double? momentum = null, double? weight_decay = null,
            MuonOptions? preset = null, MatrixLayout? layout = null, ScalarType? state_type = null)
            : base(parameters, new Options { LearningRate = lr, momentum = momentum, weight_decay = weight_decay, preset = preset, state_type = state_type }) =>
            Layout = layout;

        /// <summary>How every one of the group splits into matrices; null: as the optimizer's <see cref="MatrixLayouts"/> say.</summary>
        public MatrixLayout? Layout { get; set; }

        /// <summary>The momentum, for schedulers that move it.</summary>
        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }
    }

    /// <summary>Parameters that AdamW steps beside Muon's matrices: vectors, tables, the head.</summary>
    public sealed class AuxiliaryGroup : Modules.ParamGroup<AuxiliaryOptions>, optim.IBetas, optim.IMomentum
    {
        /// <summary>An empty group.</summary>
        public AuxiliaryGroup()
        {
        }

        /// <summary>A group for AdamW; what is not given is taken from the optimizer.</summary>
        /// <param name="parameters">Parameters of any shape.</param>
        /// <param name="lr">Learning rate.</param>
        /// <param name="beta1">Decay of the first moment.</param>
        /// <param name="weight_decay">Decoupled decay.</param>
        /// <param name="preset">Everything else.</param>
        /// <param name="state_type">The type of both moments.</param>
        public AuxiliaryGroup(
            IEnumerable<Modules.Parameter> parameters, double? lr = null, double? beta1 = null, double? weight_decay = null,
            AdamWOptions? preset = null, ScalarType? state_type = null)
            : base(parameters, new AuxiliaryOptions { LearningRate = lr, momentum = beta1, weight_decay = weight_decay, preset = preset, state_type = state_type })
        {
        }

        /// <summary>The decay of the first moment, for schedulers that move it beside Muon's momentum.</summary>
        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }

        /// <summary>Both decays, for schedulers that move the first; the second belongs to the preset.</summary>
        /// <exception cref="ArgumentException">The second is another one.</exception>
        public (double, double) Betas
        {
            get => (Options.momentum!.Value, Options.preset!.Beta2);
            set => Options.momentum = value.Item2 == Options.preset!.Beta2
                ? value.Item1
                : throw new ArgumentException($"[adamw] a group's beta2 is that of its preset, {Options.preset.Beta2}; {value.Item2} came");
        }
    }
}
