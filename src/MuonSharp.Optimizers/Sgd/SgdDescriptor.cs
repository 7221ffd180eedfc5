using Keys = MuonSharp.Optimizers.OptionKeys<MuonSharp.Optimizers.SgdOptions>;

namespace MuonSharp.Optimizers;

/// <summary>SGD from outside.</summary>
internal static class SgdDescriptor
{
    private static readonly SgdOptions s_nesterov = new() { Momentum = 0.95, Nesterov = true };

    public static OptimizerDescriptor Instance { get; } = new(
        "sgd",
        "gradient descent with momentum, for every element alike; the decay is part of the gradient",
        [
            new("nesterov", s_nesterov, s_nesterov, "torch.optim.SGD with nesterov=True, the momentum that Muon has"),
            new("torch", new SgdOptions(), new SgdOptions(), "torch.optim.SGD of PyTorch 2.14, without dampening"),
        ],
        TracePreset: "torch",
        [
            .. Keys.Common,
            Keys.Decay("momentum", "what is kept of the past gradients", static o => o.Momentum, static (o, v) => o with { Momentum = v }),
            Keys.Flag("nesterov", "whether the direction looks ahead by one gradient", static o => o.Nesterov, static (o, v) => o with { Nesterov = v }),
        ])
    {
        Recipe = new() { LearningRate = 0.1, OneRate = true, Settings = [new("optimizer.clipNorm", "1")] },
    };
}
