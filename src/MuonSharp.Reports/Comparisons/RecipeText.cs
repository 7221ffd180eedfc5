using MuonSharp.Experiments;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>What each optimizer is run with, in a few words.</summary>
internal static class RecipeText
{
    /// <summary>Rows of cells, the header first.</summary>
    public static IEnumerable<IReadOnlyList<string>> Of(ComparisonPlan plan) =>
        plan.Entries.Select(entry => Cells(entry, plan)).Prepend(["optimizer", "learning rates", "other parameters", "weight decay", "clip norm", "qk-clip", "schedule"]);

    private static string[] Cells(ComparisonEntry entry, ComparisonPlan plan)
    {
        TrainingConfig config = entry.Config(entry.LearningRates[0], plan.Steps);
        OptimizerSection optimizer = config.Optimizer;
        string rates = string.Join(", ", entry.LearningRates.Order().Select(Amount.Rate));
        return
        [
            entry.Label,
            entry.Swept ? $"{rates} and on" : $"{rates} as given",
            plan.OfImages && config.Image.Sgd is { BiasLearningRate: { } biases } sgd
                ? $"sgd {Amount.Rate(biases)}, head {Amount.Rate(sgd.HeadLearningRate)}, momentum {Amount.Number(sgd.Momentum)}"
                : (entry.Recipe.OneRate && optimizer.Auxiliary.LearningRate == optimizer.LearningRate ? "the same rate" : $"{OptimizerDescriptors.Find(optimizer.Name)!.Presets[0].Auxiliary.OptimizerName} {Amount.Rate(optimizer.Auxiliary.LearningRate)}")
                + $", betas {Amount.Number(optimizer.Auxiliary.Beta1)} {Amount.Number(optimizer.Auxiliary.Beta2)}",
            $"{Amount.Number(optimizer.WeightDecay)} and {(plan.OfImages && config.Image.Sgd.BiasLearningRate is not null ? $"{Amount.Number(config.Image.Sgd.Decay)} an image" : Amount.Number(optimizer.Auxiliary.WeightDecay))}",
            optimizer.ClipNorm is { } norm ? Amount.Number(norm) : "off",
            config.QkClip.EffectiveTau(config.Model) is { } tau ? Amount.Number(tau) : "off",
            optimizer.Schedule.Name,
        ];
    }
}
