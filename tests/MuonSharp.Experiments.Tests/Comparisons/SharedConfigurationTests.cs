using System.Text.Json.Nodes;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class SharedConfigurationTests
{
    [Fact]
    public void Only_keys_that_have_one_value_in_all_runs_are_shared_and_the_values_are_the_runs()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        ComparisonPlan plan = ComparisonPlan.Create(options with { Settings = [.. options.Settings.Where(pair => pair.Key != "evaluate.every"), new("train.steps", "200")] });
        TrainingConfig[] runs = [.. plan.Entries.SelectMany(entry => new[] { entry.Config(entry.LearningRates[0], 200), entry.Config(entry.LearningRates[^1], 100) })];
        Assert.All(plan.Shared.Keys, key => Assert.All(runs, run => Assert.True(key.Same(plan.Shared.Config, run))));
        string[] names = [.. plan.Shared.Keys.Select(key => key.Name)];
        Assert.Equal(
            ["train.steps", "optimizer.name", "optimizer.learningRate", "optimizer.clipNorm", "optimizer.auxiliary.learningRate"],
            new[] { "train.steps", "optimizer.name", "optimizer.learningRate", "optimizer.clipNorm", "optimizer.auxiliary.learningRate" }.Except(names));
        JsonObject json = plan.Shared.ToJson();
        Assert.Equal(10, (int)json["evaluate"]!["every"]!);
        Assert.Equal(16, (int)json["model"]!["width"]!);
        Assert.False(json["optimizer"]!.AsObject().ContainsKey("learningRate"));
    }

    [Fact]
    public void What_the_comparison_sets_itself_is_told_from_what_was_given()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder) with { Optimizers = OptimizerChoice.ParseList("adamw,sgd") };
        options = options with
        {
            Settings = [.. options.Settings.Where(pair => pair.Key != "evaluate.every")],
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["adamw"] = [0.01], ["sgd"] = [0.01] },
        };

        // Both recipes clip; the rate is the user's.
        SharedConfiguration shared = ComparisonPlan.Create(options).Shared;
        Assert.Equal(
            ["optimizer.clipNorm", "optimizer.auxiliary.learningRate", "qkClip.tau", "evaluate.every", "sample.every"],
            shared.Keys.Where(key => shared.OriginOf(key) == ConfigOrigin.Comparison).Select(key => key.Name));
        Assert.Contains(shared.Keys, key => key.Name == "optimizer.learningRate");

        shared = ComparisonPlan.Create(options with { Settings = [.. options.Settings, new("qkClip.tau", "off"), new("evaluate.every", "5"), new("optimizer.clipNorm", "2")] }).Shared;
        Assert.Equal(["optimizer.auxiliary.learningRate", "sample.every"], shared.Keys.Where(key => shared.OriginOf(key) == ConfigOrigin.Comparison).Select(key => key.Name));
    }
}
