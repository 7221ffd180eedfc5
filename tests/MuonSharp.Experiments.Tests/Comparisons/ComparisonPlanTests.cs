using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class ComparisonPlanTests
{
    [Fact]
    public void Recipes_go_over_the_preset_and_settings_over_recipes_and_a_choice_over_settings()
    {
        using TemporaryFolder folder = new();
        ComparisonPlan plan = ComparisonPlan.Create(TinyComparison.Options(folder, ("optimizer.clipNorm", "3"), ("optimizer.momentum", "0.8")) with
        {
            Optimizers = OptimizerChoice.ParseList("adamw,muon,muon:momentum=0.7;preset=torch"),
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal),
        });
        OptimizerSection adamw = plan.Entries[0].Config(5e-3, 7).Optimizer;
        Assert.Equal(("adamw", 5e-3, 5e-3, 0.1, 3), (adamw.Name, adamw.EffectiveLearningRate, adamw.Auxiliary.LearningRate, adamw.WeightDecay, adamw.ClipNorm));
        OptimizerSection muon = plan.Entries[1].Config(0.02, 7).Optimizer;
        Assert.Equal((0.02, 0.003, 0, 0.8), (muon.EffectiveLearningRate, muon.Auxiliary.LearningRate, muon.WeightDecay, muon.Momentum));
        OptimizerSection torch = plan.Entries[2].Config(0.02, 7).Optimizer;
        Assert.Equal(("torch", 0.7), (torch.Preset, torch.Momentum));
        Assert.All(plan.Entries, entry => Assert.Equal(7, entry.Config(0.02, 7).Train.Steps));
    }

    [Fact]
    public void A_file_does_not_go_over_a_recipe()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("config.json", """{ "optimizer": { "weightDecay": 0.5, "clipNorm": 9, "momentum": 0.6 } }""");
        ComparisonPlan plan = ComparisonPlan.Create(TinyComparison.Options(folder) with { Files = [file] });
        OptimizerSection adamw = plan.Entries[0].Config(5e-3, 7).Optimizer;
        Assert.Equal((0.1, 1), (adamw.WeightDecay, adamw.ClipNorm));
        OptimizerSection muon = plan.Entries[1].Config(0.02, 7).Optimizer;
        Assert.Equal((0.5, 9, 0.6), (muon.WeightDecay, muon.ClipNorm, muon.Momentum));
    }

    [Fact]
    public void Rates_are_swept_around_the_recipes_middle_or_the_configurations_own()
    {
        using TemporaryFolder folder = new();
        ComparisonPlan plan = ComparisonPlan.Create(TinyComparison.Options(folder) with
        {
            Optimizers = OptimizerChoice.ParseList("adamw,muon,muon:preset=keller-jordan,shampoo:learningRate=0.5"),
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal),
        });
        Assert.Equal([4e-3, 2e-3, 8e-3], plan.Entries[0].LearningRates);
        Assert.Equal([0.01, 0.005, 0.02], plan.Entries[1].LearningRates);
        Assert.Equal([0.02, 0.01, 0.04], plan.Entries[2].LearningRates);
        Assert.Equal([0.5], plan.Entries[3].LearningRates);
        Assert.Equal([true, true, true, false], plan.Entries.Select(entry => entry.Swept));
    }

    [Fact]
    public void A_rate_among_the_settings_is_the_only_one_but_for_those_given_by_label()
    {
        using TemporaryFolder folder = new();
        ComparisonPlan plan = ComparisonPlan.Create(TinyComparison.Options(folder, ("optimizer.learningRate", "0.3")) with
        {
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["muon"] = [0.1, 0.2] },
        });
        Assert.Equal([0.3], plan.Entries[0].LearningRates);
        Assert.Equal(0.3, plan.Entries[0].Config(0.3, 7).Optimizer.EffectiveLearningRate);
        Assert.Equal([0.1, 0.2], plan.Entries[1].LearningRates);
        Assert.Equal(0.2, plan.Entries[1].Config(0.2, 7).Optimizer.EffectiveLearningRate);
        Assert.All(plan.Entries, entry => Assert.False(entry.Swept));
    }

    [Fact]
    public void Nothing_is_clipped_or_sampled_unless_asked_for()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = ComparisonPlan.Create(TinyComparison.Options(folder)).Entries[1].Config(0.02, 7);
        Assert.Null(config.QkClip.EffectiveTau(config.Model));
        Assert.Null(config.Sample.Every);
        config = ComparisonPlan.Create(TinyComparison.Options(folder, ("qkClip.tau", "30"))).Entries[1].Config(0.02, 7);
        Assert.Equal(30, config.QkClip.EffectiveTau(config.Model));
    }

    [Fact]
    public void A_full_run_is_evaluated_twenty_times_and_shorter_ones_as_often_by_step()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder);
        options = options with { Settings = [.. options.Settings.Where(pair => pair.Key != "evaluate.every"), new("train.steps", "200")] };
        ComparisonEntry entry = ComparisonPlan.Create(options).Entries[0];
        Assert.Equal(10, entry.Config(1e-3, 200).Evaluate.Every);
        Assert.Equal(10, entry.Config(1e-3, 80).Evaluate.Every);
    }

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder, ("optimizer.momentum", "7"), ("optimizer.name", "sgd")) with
        {
            Optimizers = OptimizerChoice.ParseList("muon"),
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["moun"] = [0.1], ["muon"] = [double.NaN] },
            Budgets = [100],
        };
        IReadOnlyList<string> problems = Assert.Throws<ConfigurationException>(() => ComparisonPlan.Create(options)).Problems;
        string[] expected = ["at least two", "'moun' came; did you mean 'muon'?", "NaN came for 'muon'", "100 came", "optimizer.name came", "optimizer.momentum must be"];
        Assert.All(expected, part => Assert.Single(problems, problem => problem.Contains(part, StringComparison.OrdinalIgnoreCase)));
        Assert.Equal(expected.Length, problems.Count);
    }

    [Theory]
    [InlineData("muon,adamw:momentum=0.9", "adamw does not use optimizer.momentum, and 'adamw:momentum=0.9' came")]
    [InlineData("muon,adamw:orthogonalizer=exact", "adamw does not use optimizer.orthogonalizer")]
    [InlineData("muon,soap:momentumWarmup=9", "soap does not use optimizer.momentumWarmup")]
    [InlineData("muon,sgd:momentum=0.9;auxiliary.beta1=0.5", "sgd does not use optimizer.auxiliary.beta1")]
    public void A_setting_of_its_own_that_an_optimizer_does_not_use_is_refused(string optimizers, string problem)
    {
        using TemporaryFolder folder = new();
        ComparisonOptions options = TinyComparison.Options(folder) with
        {
            Optimizers = OptimizerChoice.ParseList(optimizers),
            LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal),
        };
        Assert.Contains(problem, Assert.Single(Assert.Throws<ConfigurationException>(() => ComparisonPlan.Create(options)).Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train.steps", "21", false)]
    [InlineData("train.seed", "8", false)]
    [InlineData("optimizer.momentum", "0.9", false)]
    [InlineData("train.threads", "1", true)]
    [InlineData("evaluate.every", "5", true)]
    public void Comparisons_have_one_identity_if_they_can_share_a_folder(string key, string value, bool same)
    {
        using TemporaryFolder folder = new();
        string before = ComparisonPlan.Create(TinyComparison.Options(folder)).Identity;
        Assert.Equal(8, before.Length);
        Assert.Equal(same, before == ComparisonPlan.Create(TinyComparison.Options(folder, (key, value))).Identity);
        Assert.Equal(before, ComparisonPlan.Create(TinyComparison.Options(folder) with { Optimizers = OptimizerChoice.ParseList("soap,adamw,muon") }).Identity);
    }
}
