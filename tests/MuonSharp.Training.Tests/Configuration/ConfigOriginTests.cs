namespace MuonSharp.Training.Tests.Configuration;

public class ConfigOriginTests
{
    [Fact]
    public void Every_value_knows_the_place_it_came_from_even_where_that_place_says_what_another_said()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("small.json", """{"train": {"steps": 10, "batch": 6}, "sample": {"tokens": 5}}""");
        TrainingConfig config = new TrainingConfigBuilder()
            .UsePreset("austen").AddFile(file).Set("train.steps", "11", new(ConfigSource.Option, "--steps")).Set("train.seed", "1337").Build();

        Assert.Equal("--steps", Origin(config, "train.steps"));
        Assert.Equal($"file {file}", Origin(config, "train.batch"));
        Assert.Equal($"file {file}", Origin(config, "sample.tokens"));
        Assert.Equal("given", Origin(config, "train.seed"));
        Assert.Equal("preset austen", Origin(config, "model.context"));
        Assert.Equal("default", Origin(config, "train.accumulation"));
    }

    [Fact]
    public void Numbers_that_an_optimizer_brings_are_its_references()
    {
        TrainingConfig config = new TrainingConfigBuilder().Set("optimizer.preset", "moonlight").Set("optimizer.weightDecay", "0.3").Build();

        Assert.Equal("reference muon moonlight", Origin(config, "optimizer.learningRate"));
        Assert.Equal("reference muon moonlight", Origin(config, "optimizer.auxiliary.epsilon"));
        Assert.Equal("given", Origin(config, "optimizer.weightDecay"));
        Assert.Equal("preset austen", Origin(config, "optimizer.schedule.warmup"));
    }

    [Fact]
    public void A_run_that_is_taken_up_again_is_a_place_of_its_own()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("config.json", TrainingConfig.FromPreset("austen").ToJson().ToJsonString());
        TrainingConfig config = new TrainingConfigBuilder().StartFrom(TrainingConfig.Load(path)).Set("train.steps", "7", new(ConfigSource.Option, "--steps")).Build();

        Assert.Equal("the run", Origin(config, "train.batch"));
        Assert.Equal("--steps", Origin(config, "train.steps"));
    }

    [Fact]
    public void What_code_has_changed_is_given_and_the_places_are_no_part_of_equality_and_hash()
    {
        TrainingConfig built = new TrainingConfigBuilder().Build();
        TrainingConfig changed = built with { Train = built.Train with { Steps = 3 } };

        Assert.Equal("given", Origin(changed, "train.steps"));
        Assert.Equal("preset austen", Origin(changed, "train.batch"));
        Assert.Equal("given", Origin(new() { Train = new() { Steps = 3 } }, "train.steps"));
        Assert.Equal(built, built with { Recorded = null });
        Assert.Equal(ResumeRules.Hash(built), ResumeRules.Hash(built with { Recorded = null }));
        Assert.NotEqual(built, changed);
    }

    private static string Origin(TrainingConfig config, string key) => $"{config.Origins[key]}";
}
