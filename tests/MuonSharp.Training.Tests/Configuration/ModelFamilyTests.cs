using MuonSharp.Nn;

namespace MuonSharp.Training.Tests.Configuration;

/// <summary>A model's family can be named; without a name its positions decide.</summary>
public class ModelFamilyTests
{
    [Theory]
    [InlineData("austen", "gpt2", "learned", "reference gpt2")]
    [InlineData("nanogpt-cpu", "llama", "rotary", "reference llama")]
    [InlineData("austen", "llama", "rotary", "preset austen")]
    public void A_family_brings_its_positions(string preset, string family, string positions, string origin)
    {
        TrainingConfig config = new TrainingConfigBuilder().UsePreset(preset).Set("model.family", family).Build();
        Assert.Equal((family, positions), (config.Model.Family, config.Model.Positions));
        Assert.Same(ModelFamilies.Named(family), LanguageModelConfigs.Create(config.Model, 9).Family);
        Assert.Equal(origin, config.OriginOf(ConfigKeys.Find("model.positions")!).ToString());
    }

    [Fact]
    public void Experts_are_settings_of_their_family_and_describe_a_model_again()
    {
        TrainingConfig config = new TrainingConfig().Set("model.family", "deepseek_v3").Set("model.normalization", "rms-norm").Set("model.activation", "swiglu").Set("model.positions", "rotary")
            .Set("model.experts.count", "16").Set("model.experts.active", "4").Set("model.experts.shared", "2").Set("model.experts.groups", "8").Set("model.experts.activeGroups", "3")
            .Set("model.experts.normalize", "false").Set("model.experts.weightScale", "2.5").Set("model.experts.denseLayers", "0").Set("model.experts.balancingSpeed", "0.001");
        LanguageModelConfig model = LanguageModelConfigs.Create(config.Model, 9);

        // The hidden width of a feed-forward block, over four active experts and two that are shared: 352 / 6, up to a multiple of 16.
        Assert.Equal(352, model.EffectiveHiddenWidth);
        ExpertSizes expected = new()
        {
            Experts = 16,
            Active = 4,
            HiddenWidth = 64,
            Shared = 2,
            DenseLayers = 0,
            Groups = 8,
            ActiveGroups = 3,
            Normalize = false,
            Scale = 2.5,
            BalancingSpeed = 0.001,
        };
        Assert.Equal(expected, model.Experts);
        Assert.Empty(model.Problems());
        List<string> problems = [];
        Assert.Equal(model, LanguageModelConfigs.Create(LanguageModelConfigs.Of(model, problems)!, 9));
        Assert.Empty(problems);
        Assert.Null(LanguageModelConfigs.Create(config.Model with { Family = "llama" }, 9).Experts);
        Assert.Null(LanguageModelConfigs.Create(config.Model with { Experts = new() }, 9).Experts);
    }

    [Fact]
    public void Without_one_the_positions_decide_as_they_did()
    {
        Assert.Null(new TrainingConfig().Model.Family);
        Assert.Same(ModelFamilies.Gpt2, LanguageModelConfigs.Create(new() { Positions = "learned" }, 9).Family);
        Assert.Same(ModelFamilies.Llama, LanguageModelConfigs.Create(new() { Positions = "rotary" }, 9).Family);
        Assert.Equal(ResumeRules.Hash(new()), ResumeRules.Hash(new TrainingConfig().Set("model.family", "null")));
    }

    [Theory]
    [InlineData("llama", "learned", "rotary")]
    [InlineData("gpt2", "rotary", "learned")]
    public void A_contradiction_is_refused_by_name_whatever_the_order(string family, string positions, string right)
    {
        TrainingConfigBuilder[] builders =
        [
            new TrainingConfigBuilder().Set("model.family", family).Set("model.positions", positions),
            new TrainingConfigBuilder().Set("model.positions", positions).Set("model.family", family),
        ];
        Assert.All(builders, builder => Assert.Equal(
            $"[config] model.positions must be {right}, or not set, with model.family={family}; '{positions}' came",
            Assert.Single(Assert.Throws<ConfigurationException>(builder.Build).Problems)));
        Assert.NotEmpty(new TrainingConfig { Model = new() { Family = family, Positions = positions } }.Validate());
    }

    [Fact]
    public void An_unknown_family_is_refused_and_a_saved_one_comes_back()
    {
        string problem = Assert.Single(Assert.Throws<ConfigurationException>(new TrainingConfigBuilder().Set("model.family", "lama").Build).Problems);
        Assert.Equal("[config] model.family must be one of gpt2, llama, arcee, qwen3, deepseek_v3, or null for that of `model.positions`; 'lama' came; did you mean 'llama'?", problem);

        using TemporaryFolder folder = new();
        TrainingConfig config = new TrainingConfigBuilder().Set("model.family", "llama").Build();
        Assert.Equal(config, TrainingConfig.Load(folder.Write("config.json", config.ToJson().ToJsonString())));
        Assert.Throws<ConfigurationException>(() => ResumeRules.Check(config, config.Set("model.family", "null")));
    }
}
