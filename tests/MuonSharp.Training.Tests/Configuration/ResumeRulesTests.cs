namespace MuonSharp.Training.Tests.Configuration;

public class ResumeRulesTests
{
    [Theory]
    [InlineData("train.steps", "9")]
    [InlineData("train.threads", "3")]
    [InlineData("train.recompute", "true")]
    [InlineData("evaluate.every", "-1")]
    [InlineData("sample.prompt", "It")]
    [InlineData("checkpoint.keep", "7")]
    [InlineData("log.every", "5")]
    [InlineData("data.file", "moved.txt")]
    public void What_leaves_the_steps_done_as_they_are_may_change(string key, string value) =>
        ResumeRules.Check(new(), new TrainingConfig().Set(key, value));

    [Fact]
    public void The_hash_of_a_configuration_leaves_out_what_is_at_its_default_and_what_may_change()
    {
        string nothing = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([]));

        Assert.Equal(nothing, ResumeRules.Hash(new()));
        Assert.Equal(nothing, ResumeRules.Hash(new TrainingConfig().Set("train.steps", "7")));
        Assert.NotEqual(nothing, ResumeRules.Hash(new TrainingConfig().Set("model.window", "7")));
    }

    [Fact]
    public void What_would_have_made_other_steps_may_not_and_all_of_it_is_named()
    {
        TrainingConfig changed = new TrainingConfig().Set("model.layers", "5").Set("train.seed", "3").Set("optimizer.learningRate", "0.5");

        ConfigurationException error = Assert.Throws<ConfigurationException>(() => ResumeRules.Check(new(), changed));

        Assert.Equal(
            [
                "[resume] model.layers must stay as the run began; 4 was saved, 5 came",
                "[resume] train.seed must stay as the run began; 1337 was saved, 3 came",
                "[resume] optimizer.learningRate must stay as the run began; null was saved, 0.5 came",
            ],
            error.Problems);
    }

    [Fact]
    public void Of_another_optimizer_its_name_alone_is_said_and_not_its_settings()
    {
        TrainingConfig changed = new TrainingConfigBuilder().UsePreset("austen").Set("optimizer.name", "adamw").Set("train.seed", "3").Build();
        Assert.Equal(
            ["[resume] train.seed must stay as the run began; 1337 was saved, 3 came", "[resume] optimizer.name must stay as the run began; muon was saved, adamw came"],
            Assert.Throws<ConfigurationException>(() => ResumeRules.Check(new TrainingConfigBuilder().UsePreset("austen").Build(), changed)).Problems);
    }
}
