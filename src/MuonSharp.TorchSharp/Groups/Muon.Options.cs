using MuonSharp.Optimizers;
using static TorchSharp.torch;

namespace MuonSharp.TorchSharp;

/// <content>The options of a group of matrices.</content>
public partial class Muon
{
    /// <summary>The options of a group of matrices; what is null is taken from the optimizer.</summary>
    public sealed class Options : UpdateOptions
    {
        /// <summary>Everything but the numbers: form of the momentum, orthogonalizer, factor by shape, rows. Null: the optimizer's own.</summary>
        public MuonOptions? preset { get; set; }

        /// <summary>The type of the momentum. Null: the parameter's own.</summary>
        public ScalarType? state_type { get; set; }

        internal override OptimizerOptions Rule => preset!;

        private protected override Schedule RuleMomentum => preset!.Momentum;

        private protected override OptimizerOptions Numbers() =>
            preset! with { LearningRate = LearningRate!.Value, WeightDecay = weight_decay!.Value, Momentum = momentum!.Value };
    }

    /// <summary>The options of a group that AdamW steps; what is null is taken from the optimizer.</summary>
    public sealed class AuxiliaryOptions : UpdateOptions
    {
        /// <summary>Everything but the numbers: beta2, epsilon, its place, Nesterov. Null: the optimizer's own.</summary>
        public AdamWOptions? preset { get; set; }

        /// <summary>The type of both moments. Null: the parameter's own.</summary>
        public ScalarType? state_type { get; set; }

        internal override OptimizerOptions Rule => preset!;

        private protected override Schedule RuleMomentum => preset!.Beta1;

        private protected override OptimizerOptions Numbers() =>
            preset! with { LearningRate = LearningRate!.Value, WeightDecay = weight_decay!.Value, Beta1 = momentum!.Value };
    }
}
