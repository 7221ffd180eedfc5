using System.Text;
namespace MuonSharp.Training.Tests.Configuration;

public class TrainingConfigBuilderTests
{
    [Fact]
    public void Without_anything_it_is_the_default_preset() =>
        Assert.Equal(TrainingConfig.FromPreset("austen"), new TrainingConfigBuilder().Build());

    [Fact]
    public void A_file_overrides_the_preset_and_settings_override_the_file_in_their_order()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("c.json", """{"train": {"steps": 10, "batch": 3}, "model": {"layers": 2}}""");

        TrainingConfig config = new TrainingConfigBuilder()
            .UsePreset("nanogpt-cpu").AddFile(file).Set("train.steps", "11").Set("train.seed", "1").Set("train.seed", "2").Build();

        Assert.Equal(
            TrainingConfig.FromPreset("nanogpt-cpu").Set("train.steps", "11").Set("train.batch", "3").Set("model.layers", "2").Set("train.seed", "2"),
            config);
    }

    [Fact]
    public void A_file_may_name_the_preset_but_the_caller_wins()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("c.json", """{"preset": "nanogpt-cpu", "train": {"steps": 10}}""");

        Assert.Equal("nanogpt-cpu", new TrainingConfigBuilder().AddFile(file).Build().Preset);
        Assert.Equal(64, new TrainingConfigBuilder().AddFile(file).Build().Model.Context);
        TrainingConfig named = new TrainingConfigBuilder().UsePreset("austen").AddFile(file).Build();
        Assert.Equal(TrainingConfig.FromPreset("austen").Set("train.steps", "10"), named);
    }

    [Fact]
    public void Comments_and_trailing_commas_are_allowed()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("c.json", "{ // short\n \"train\": {\"steps\": 10,}, /* done */ }");

        Assert.Equal(10, new TrainingConfigBuilder().AddFile(file).Build().Train.Steps);
    }

    [Fact]
    public void Everything_that_is_wrong_is_reported_at_once()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("c.json", """{"train": {"steps": "ten", "bach": 3}, "model": 4, "evaluate": {"every": [1]}}""");

        ConfigurationException error = Assert.Throws<ConfigurationException>(() =>
            new TrainingConfigBuilder().UsePreset("austin").AddFile(file).Set("train.sead", "1").Set("model.layers", "x").Build());

        Assert.Equal(
            [
                $"[config] the preset must be one of {string.Join(", ", Presets.Names)}; 'austin' came; did you mean 'austen'?",
                $"[config] {file}: train.steps must be a whole number from 1 to 2147483647; \"ten\" came",
                $"[config] {file}: a key must be a known one; 'train.bach' came; did you mean 'train.batch'? (line 1)",
                $"[config] {file}: model must be an object; 4 came",
                $"[config] {file}: evaluate.every must be a whole number of steps from 1 to 2147483647, or -1 for never; a list of 1 came",
                "[config] a key must be a known one; 'train.sead' came; did you mean 'train.seed'?",
                "[config] model.layers must be a whole number from 1 to 1000; 'x' came",
            ],
            error.Problems);
    }

    [Theory]
    [InlineData("{", "it must be JSON; ")]
    [InlineData("{\"train\": {\"steps\": 1}, \"train\": {\"steps\": 2}}", "each key may come once; train comes twice (line 1, byte 25)")]
    [InlineData("", "it must be JSON; it is empty")]
    [InlineData("3", "it must be an object; 3 came")]
    [InlineData("{\"sample\": {\"prompt\": \"\\ud800\"}}", "sample.prompt must be Unicode text; half of a surrogate pair came (line 1, byte 23)")]
    [InlineData("{\"\\ud800\": 1}", "keys must be Unicode text; half of a surrogate pair came (line 1, byte 2)")]
    [InlineData("{\"a\\u001b]0;owned\\u0007\": 1}", "a key must be a known one; 'a\\u001b]0;owned\\u0007' came")]
    [InlineData("{\"model\": {\"layers\": {\"deep\": 1}}}", "model.layers must be a whole number from 1 to 1000; an object came")]
    [InlineData("{\"optimiser\": {\"name\": \"muon\"}}", "a key must be a known one; 'optimiser' came")]
    public void A_broken_file_is_one_line_that_names_it(string json, string expected)
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("c.json", json);

        string problem = Assert.Single(Problems(new TrainingConfigBuilder().AddFile(file)));

        Assert.StartsWith($"[config] {file}: {expected}", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public void Latin_1_is_one_line_that_names_its_place()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("c.json", Encoding.Latin1.GetBytes("{\"sample\": {\"prompt\": \"caf\u00e9\"}}"));
        Assert.Equal($"[config] {file}: it must be UTF-8 text; the byte 0xE9 came (line 1, byte 27)", Assert.Single(Problems(new TrainingConfigBuilder().AddFile(file))));
    }

    [Fact]
    public void A_byte_order_mark_and_comments_are_read_over_in_configurations_and_in_run_folders()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("config.json", "\ufeff// mine\n{\"train\": {\"steps\": 7,},}");
        Assert.Equal(7, new TrainingConfigBuilder().AddFile(file).Build().Train.Steps);
        Assert.Equal(7, new RunFolder(folder.Path).ReadConfig().Train.Steps);
        Assert.Equal(7, TrainingConfig.Load(file).Train.Steps);
    }

    [Fact]
    public void A_syntax_error_is_given_with_its_place()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("c.json", "{\n  \"train\": {\"steps\": }\n}");

        Assert.Contains("(line 2, byte ", Assert.Single(Problems(new TrainingConfigBuilder().AddFile(file))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_and_a_missing_file_are_problems()
    {
        using TemporaryFolder folder = new();

        Assert.Equal(
            $"[config] {folder.Path}: a file is needed; this is a directory",
            Assert.Single(Problems(new TrainingConfigBuilder().AddFile(folder.Path))));
        Assert.Equal(
            $"[config] {folder.File("x")}: there is no such file",
            Assert.Single(Problems(new TrainingConfigBuilder().AddFile(folder.File("x")))));
    }

    [Fact]
    public void Another_optimizer_does_not_inherit_a_learning_rate_chosen_for_the_first()
    {
        TrainingConfig config = new TrainingConfigBuilder().Set("optimizer.name", "adamw").Build();
        Assert.Null(config.Optimizer.LearningRate);
        Assert.Equal(config.Optimizer.Auxiliary.LearningRate, config.Optimizer.EffectiveLearningRate);

        TrainingConfig before = new TrainingConfigBuilder().Set("optimizer.learningRate", "0.004").Set("optimizer.name", "adamw").Build();
        TrainingConfig after = new TrainingConfigBuilder().Set("optimizer.name", "adamw").Set("optimizer.learningRate", "0.004").Build();
        Assert.Equal(0.004, before.Optimizer.EffectiveLearningRate);
        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData("adamw")]
    [InlineData("AdamW")]
    [InlineData("sgd")]
    public void Who_steps_everything_has_one_rate_unless_two_are_given(string name)
    {
        TrainingConfigBuilder Given() => new TrainingConfigBuilder().UsePreset("nanogpt-cpu").Set("optimizer.name", name).Set("optimizer.learningRate", "0.004");
        TrainingConfig one = Given().Build();
        Assert.Equal([0.004, 0.004], (double[])[one.Optimizer.EffectiveLearningRate, one.Optimizer.Auxiliary.LearningRate]);
        Assert.Equal(name.ToLowerInvariant(), one.Optimizer.Name);
        TrainingConfig two = Given().Set("optimizer.auxiliary.learningRate", "0.002").Build();
        Assert.Equal([0.004, 0.002], (double[])[two.Optimizer.EffectiveLearningRate, two.Optimizer.Auxiliary.LearningRate]);

        // A run that is taken up keeps its two; beside Muon the rate of the matrices is theirs alone.
        Assert.Equal(0.002, new TrainingConfigBuilder().StartFrom(two).Set("train.steps", "7").Build().Optimizer.Auxiliary.LearningRate);
        Assert.Equal(0.003, new TrainingConfigBuilder().Set("optimizer.learningRate", "0.004").Build().Optimizer.Auxiliary.LearningRate);
    }

    [Fact]
    public void Another_preset_brings_the_numbers_of_its_reference_where_none_are_set()
    {
        OptimizerSection settings = new TrainingConfigBuilder().Set("optimizer.auxiliary.beta2", "0.8").Set("optimizer.preset", "airbench94").Build().Optimizer;
        Assert.Equal((0.24, 0.6, 0.0), (settings.EffectiveLearningRate, settings.Momentum, settings.WeightDecay));
        Assert.Equal((3e-4, 0.8), (settings.Auxiliary.LearningRate, settings.Auxiliary.Beta2));

        settings = new TrainingConfigBuilder().Set("optimizer.weightDecay", "0.2").Set("optimizer.preset", "moonlight").Build().Optimizer;
        Assert.Equal((1e-3, 0.95, 0.2), (settings.EffectiveLearningRate, settings.Momentum, settings.WeightDecay));
        Assert.Equal((1e-3, 1e-8, 0.1), (settings.Auxiliary.LearningRate, settings.Auxiliary.Epsilon, settings.Auxiliary.WeightDecay));
    }

    [Fact]
    public void A_preset_that_is_the_bases_own_changes_nothing() =>
        Assert.Equal(new TrainingConfigBuilder().Build(), new TrainingConfigBuilder().Set("optimizer.preset", "default").Build());

    [Theory]
    [InlineData("soap", 3e-3, 0.01)]
    [InlineData("shampoo", 0.0018, 0)]
    public void Another_optimizer_has_the_learning_rate_and_decay_of_its_reference(string name, double learningRate, double weightDecay)
    {
        OptimizerSection settings = new TrainingConfigBuilder().Set("optimizer.name", name).Build().Optimizer;
        Assert.Equal((learningRate, weightDecay), (settings.EffectiveLearningRate, settings.WeightDecay));
        Assert.Equal(new TrainingConfigBuilder().Build().Optimizer.Auxiliary, settings.Auxiliary);
    }

    [Fact]
    public void Building_twice_gives_the_same()
    {
        TrainingConfigBuilder builder = new TrainingConfigBuilder().Set("train.steps", "x");

        Assert.Single(Problems(builder));
        Assert.Single(Problems(builder));
    }

    private static IReadOnlyList<string> Problems(TrainingConfigBuilder builder) =>
        Assert.Throws<ConfigurationException>(builder.Build).Problems;
}
