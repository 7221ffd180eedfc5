using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>How optimizers are run in a comparison of networks of images.</summary>
/// <remarks>
/// Where a configuration gives biases and head to an SGD of their own (<c>image.sgd.*</c>), that stays so under every optimizer: only who steps the filters changes. A clip by the
/// norm of all gradients would reach into that share, so recipes go without theirs there.
/// </remarks>
internal static class RecipeOfImages
{
    /// <summary>SGD's rate for the gradient of a sum over images, with a momentum of 0.85. Source: KellerJordan/cifar10-airbench, airbench94.py: 11.5 / (1024 (1 + 1 / (1 - 0.85))), rounded.</summary>
    private const double SgdRateOfSum = 1.5e-3;

    private const string ClipKey = "optimizer.clipNorm";
    private const string MomentumKey = "optimizer.momentum";

    /// <summary>An optimizer's recipe for the runs of a configuration; of a language model it is the optimizer's own.</summary>
    public static OptimizerRecipe Of(OptimizerDescriptor optimizer, TrainingConfig config)
    {
        OptimizerRecipe recipe = optimizer.Recipe;
        if (config.Image.Network is null)
        {
            return recipe;
        }

        double images = (double)config.Train.Batch * config.Train.Accumulation;
        recipe = optimizer != OptimizerDescriptors.Sgd ? recipe
            : recipe with { LearningRate = config.Image.Reduction == "sum" ? SgdRateOfSum : SgdRateOfSum * images };
        return config.Image.Sgd is not { BiasLearningRate: not null, Momentum: var momentum } ? recipe : recipe with
        {
            OneRate = false,
            Settings =
            [
                .. recipe.Settings.Where(setting => setting.Key != ClipKey),
                .. optimizer == OptimizerDescriptors.Sgd ? [new(MomentumKey, LearningRateSweep.Text(momentum))] : Array.Empty<KeyValuePair<string, string>>(),
            ],
        };
    }
}
