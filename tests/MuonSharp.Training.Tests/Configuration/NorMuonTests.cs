using System.Text.Json.Nodes;

namespace MuonSharp.Training.Tests.Configuration;

/// <summary>The optimizer <c>normuon</c> is <c>muon</c> with the preset <c>normuon</c>.</summary>
public class NorMuonTests
{
    [Fact]
    public void The_name_gives_the_settings_of_muon_with_its_preset()
    {
        TrainingConfig named = new TrainingConfigBuilder().Set("optimizer.name", "normuon").Build();
        TrainingConfig spelled = new TrainingConfigBuilder().Set("optimizer.preset", "normuon").Build();

        Assert.Equal((0.02, 3e-4), (named.Optimizer.EffectiveLearningRate, named.Optimizer.Auxiliary.LearningRate));
        Assert.Equal(spelled.Optimizer with { Name = "normuon" }, named.Optimizer);
        Assert.Equal(
            OptimizerKinds.Routes(spelled.Optimizer).Select(route => route.Options), OptimizerKinds.Routes(named.Optimizer).Select(route => route.Options));
    }

    [Fact]
    public void What_is_set_stays_and_the_preset_may_be_named_too()
    {
        TrainingConfig config = new TrainingConfigBuilder()
            .Set("optimizer.auxiliary.learningRate", "0.001").Set("optimizer.name", "normuon").Set("optimizer.preset", "normuon").Build();
        Assert.Equal(0.001, config.Optimizer.Auxiliary.LearningRate);
    }

    [Theory]
    [InlineData("torch")]
    [InlineData("default")]
    public void Another_preset_is_refused_whatever_the_order(string preset)
    {
        TrainingConfigBuilder[] builders =
        [
            new TrainingConfigBuilder().Set("optimizer.name", "normuon").Set("optimizer.preset", preset),
            new TrainingConfigBuilder().Set("optimizer.preset", preset).Set("optimizer.name", "normuon"),
        ];
        Assert.All(builders, builder => Assert.StartsWith(
            "[config] optimizer.preset must be normuon", Assert.Single(Assert.Throws<ConfigurationException>(builder.Build).Problems), StringComparison.Ordinal));
    }

    [Fact]
    public void Another_optimizer_leaves_the_preset_behind_and_a_run_folder_gives_it_back()
    {
        TrainingConfig normuon = new TrainingConfigBuilder().Set("optimizer.name", "normuon").Build();
        Assert.Equal("default", new TrainingConfigBuilder().StartFrom(normuon).Set("optimizer.name", "muon").Build().Optimizer.Preset);

        using TemporaryFolder folder = new();
        TrainingConfig read = TrainingConfig.Load(folder.Write("config.json", normuon.ToJson().ToJsonString()));
        Assert.True(JsonNode.DeepEquals(normuon.ToJson(), read.ToJson()));
    }
}
