using System.Text.Json.Nodes;
using MuonSharp.Nn;

namespace MuonSharp.Training.Tests.Configuration;

public class TrainingConfigTests
{
    public static TheoryData<string> PresetNames => [.. Presets.Names];

    [Fact]
    public void The_presets_are_the_files_of_the_folder() =>
        Assert.Equal(["airbench94", "austen", "fashion-mnist", "gpt2-124m", "gqa-small", "mla-small", "nanogpt", "nanogpt-cpu", "speedrun", "speedrun-124m"], Presets.Names);

    [Theory]
    [MemberData(nameof(PresetNames))]
    public void Every_preset_is_sound_and_survives_JSON(string name)
    {
        TrainingConfig config = TrainingConfig.FromPreset(name);
        using TemporaryFolder folder = new();
        string path = folder.Write("config.json", config.ToJson().ToJsonString());

        Assert.Equal(name, config.Preset);
        Assert.Empty(config.Validate());
        Assert.Equal(config, TrainingConfig.Load(path));
    }

    [Fact]
    public void Nanogpt_cpu_is_nanoGPTs_published_setting()
    {
        TrainingConfig config = TrainingConfig.FromPreset("nanogpt-cpu");

        Assert.Equal(
            new ModelSection { Layers = 4, Heads = 4, Width = 128, Context = 64, TiedHead = true, Biases = false, Dropout = 0 }, config.Model);
        Assert.Equal((2000, 12), (config.Train.Steps, config.Train.Batch));
    }

    [Fact]
    public void Nanogpt_is_nanoGPTs_published_setting_for_characters()
    {
        TrainingConfig config = TrainingConfig.FromPreset("nanogpt");

        Assert.Equal(
            new ModelSection { Layers = 6, Heads = 6, Width = 384, Context = 256, TiedHead = true, Biases = false, Dropout = 0.2 }, config.Model);
        Assert.Equal((5000, 64), (config.Train.Steps, config.Train.Batch));
    }

    [Fact]
    public void Gpt2_124m_has_the_form_and_the_published_size_of_gpt2()
    {
        TrainingConfig config = TrainingConfig.FromPreset("gpt2-124m");

        Assert.Equal(
            new ModelSection { Layers = 12, Heads = 12, Width = 768, Context = 1024, Vocabulary = 50257, Activation = "gelu-tanh", Biases = true },
            config.Model);
        Assert.Equal(124_439_808, LanguageModelConfigs.Create(config.Model, config.Model.Vocabulary!.Value).CountParameters());
    }

    [Theory]
    [InlineData("speedrun", 100)]
    [InlineData("speedrun-124m", 300)]
    public void The_speedrun_has_its_published_parts(string preset, int momentumWarmup)
    {
        TrainingConfig config = TrainingConfig.FromPreset(preset);
        LanguageModelConfig model = LanguageModelConfigs.Create(config.Model, config.Model.Vocabulary ?? 50257);

        Assert.Equal((Normalization.RmsNorm, Activation.ReluSquared, false, true, false, true), (model.Normalization, model.Activation, model.Gated, model.QueryKeyNorm, model.TiedHead, model.ZeroProjections));
        Assert.Equal((30, 128, ModelFamilies.Llama), (model.LogitCap, preset == "speedrun" ? 2 * model.EffectiveHeadWidth : model.EffectiveHeadWidth, model.Family));
        Assert.Equal(("muon", "keller-jordan", 0.02, momentumWarmup), (config.Optimizer.Name, config.Optimizer.Preset, config.Optimizer.LearningRate, config.Optimizer.MomentumWarmup));
        Assert.Equal("gpt2", config.Data.Tokenizer);
    }

    [Fact]
    public void Mla_small_has_latent_attention_and_gqa_small_shared_keys_and_both_are_clipped()
    {
        (TrainingConfig mla, TrainingConfig gqa) = (TrainingConfig.FromPreset("mla-small"), TrainingConfig.FromPreset("gqa-small"));

        Assert.Equal(new LatentAttentionSizes { QueryRank = 96, KeyValueRank = 64, RotaryWidth = 16, ValueWidth = 32, Interleaved = true }, LanguageModelConfigs.Create(mla.Model, 77).Latent);
        Assert.Equal((6, 2), (gqa.Model.Heads, LanguageModelConfigs.Create(gqa.Model, 77).EffectiveKeyValueHeads));
        Assert.Equal((100.0, 100.0), (mla.QkClip.EffectiveTau(mla.Model), gqa.QkClip.EffectiveTau(gqa.Model)));
    }

    [Fact]
    public void Keys_are_unique_and_each_can_be_set_to_its_own_value()
    {
        TrainingConfig config = TrainingConfig.FromPreset("austen") with { Data = new() { File = "text.txt" } };

        Assert.Equal(ConfigKeys.All.Count, ConfigKeys.All.Select(key => key.Name).Distinct().Count());
        foreach (ConfigKey key in ConfigKeys.All)
        {
            Assert.Equal(config, config.Set(key.Name, key.Text(config)));
        }
    }

    [Theory]
    [InlineData("model.layers", "7")]
    [InlineData("model.vocabulary", "50257")]
    [InlineData("model.keyValueHeads", "2")]
    [InlineData("model.hiddenWidth", "300")]
    [InlineData("model.headWidth", "24")]
    [InlineData("model.epsilon", "0.25")]
    [InlineData("model.rotaryBase", "500000")]
    [InlineData("model.initialDeviation", "0.5")]
    [InlineData("model.normalization", "rms-norm")]
    [InlineData("model.activation", "swiglu")]
    [InlineData("model.positions", "rotary")]
    [InlineData("model.tiedHead", "false")]
    [InlineData("model.biases", "true")]
    [InlineData("model.dropout", "0.125")]
    [InlineData("model.window", "16")]
    [InlineData("data.file", "some/file.txt")]
    [InlineData("data.tokenizer", "byte")]
    [InlineData("data.validationShare", "0.25")]
    [InlineData("train.steps", "31")]
    [InlineData("train.accumulation", "3")]
    [InlineData("train.seed", "18446744073709551615")]
    [InlineData("train.threads", "2")]
    [InlineData("train.recompute", "true")]
    [InlineData("optimizer.name", "adamw")]
    [InlineData("optimizer.preset", "kimi-k2")]
    [InlineData("optimizer.orthogonalizer", "newton-schulz/polar-express5")]
    [InlineData("optimizer.learningRate", "0.0625")]
    [InlineData("optimizer.momentum", "0.5")]
    [InlineData("optimizer.momentumWarmup", "300")]
    [InlineData("optimizer.weightDecay", "0.5")]
    [InlineData("optimizer.clipNorm", "1.5")]
    [InlineData("optimizer.auxiliary.learningRate", "0.25")]
    [InlineData("optimizer.auxiliary.beta1", "0.75")]
    [InlineData("optimizer.auxiliary.beta2", "0.875")]
    [InlineData("optimizer.auxiliary.epsilon", "0.5")]
    [InlineData("optimizer.auxiliary.weightDecay", "0.125")]
    [InlineData("optimizer.schedule.name", "cosine")]
    [InlineData("optimizer.schedule.warmup", "5")]
    [InlineData("optimizer.schedule.decayShare", "0.75")]
    [InlineData("optimizer.schedule.floor", "0.125")]
    [InlineData("evaluate.every", "-1")]
    [InlineData("evaluate.batch", "3")]
    [InlineData("sample.every", "-1")]
    [InlineData("sample.tokens", "17")]
    [InlineData("sample.prompt", "It is")]
    [InlineData("sample.temperature", "0")]
    [InlineData("sample.topK", "5")]
    [InlineData("sample.topP", "0.5")]
    [InlineData("checkpoint.every", "-1")]
    [InlineData("checkpoint.keep", "5")]
    [InlineData("log.every", "10")]
    public void Setting_a_key_changes_that_key_and_no_other(string name, string value)
    {
        TrainingConfig before = new();
        TrainingConfig after = before.Set(name, value);

        foreach (ConfigKey key in ConfigKeys.All)
        {
            Assert.Equal(key.Name != name, JsonNode.DeepEquals(key.Read(before), key.Read(after)));
        }

        Assert.Equal(value, $"{ConfigKeys.Find(name)!.Read(after)}");
    }

    [Theory]
    [InlineData("model.layer", "4", "a key must be a known one; 'model.layer' came; did you mean 'model.layers'?")]
    [InlineData("layers", "4", "did you mean 'model.layers'?")]
    [InlineData("optimizer.lerningrate", "1", "did you mean 'optimizer.learningRate'?")]
    [InlineData("train.step", "4", "did you mean 'train.steps'?")]
    [InlineData("zzzzzzzzzzzz", "4", "a key must be a known one; 'zzzzzzzzzzzz' came")]
    [InlineData("model", "4", "a key must be a known one; 'model' came")]
    [InlineData("model.layers", "many", "model.layers must be a whole number from 1 to 1000; 'many' came")]
    [InlineData("model.layers", "0", "model.layers must be a whole number from 1 to 1000; '0' came")]
    [InlineData("model.layers", "1.5", "model.layers must be a whole number from 1 to 1000; '1.5' came")]
    [InlineData("train.steps", "99999999999", "train.steps must be a whole number from 1 to 2147483647; '99999999999' came")]
    [InlineData("train.seed", "-1", "train.seed must be a whole number from 0 to 18446744073709551615; '-1' came")]
    [InlineData("evaluate.every", "0", "evaluate.every must be a whole number of steps from 1 to 2147483647, or -1 for never; '0' came")]
    [InlineData("model.dropout", "1", "model.dropout must be a number from 0 up to but not including 1; '1' came")]
    [InlineData("optimizer.learningRate", "NaN", "optimizer.learningRate must be a number of 0 or more, or null")]
    [InlineData("optimizer.learningRate", "-0.1", "optimizer.learningRate must be a number of 0 or more, or null")]
    [InlineData("optimizer.auxiliary.epsilon", "1e-60", "optimizer.auxiliary.epsilon must be a number of 1.2e-38 or more; '1e-60' came")]
    [InlineData("optimizer.name", "muoon", "; 'muoon' came; did you mean 'muon'?")]
    [InlineData("optimizer.preset", "moonlit", "; 'moonlit' came; did you mean 'moonlight'?")]
    [InlineData("optimizer.orthogonalizer", "newton-schulz/jordan", "; 'newton-schulz/jordan' came; did you mean 'newton-schulz/jordan5'?")]
    [InlineData("model.biases", "1", "model.biases must be true or false; '1' came")]
    [InlineData("data.file", "", "data.file must be a path, a list of paths, or null; '' came")]
    public void A_wrong_key_or_value_is_refused_with_the_rule(string key, string value, string expected)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new TrainingConfig().Set(key, value));

        Assert.StartsWith("[config] ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Single(error.Problems);
    }

    [Fact]
    public void A_record_made_in_code_is_held_to_the_same_rules()
    {
        TrainingConfig config = new()
        {
            Model = new() { Layers = -1, Dropout = double.NaN, Positions = "nowhere" },
            Train = new() { Batch = 0 },
            Optimizer = new() { LearningRate = double.PositiveInfinity },
        };

        Assert.Equal(
            ["model.layers", "model.positions", "model.dropout", "train.batch", "optimizer.learningRate"],
            config.Validate().Select(problem => problem.Split(' ')[1]));
    }

    [Fact]
    public void Keys_that_do_not_fit_each_other_are_all_reported()
    {
        TrainingConfig config = new() { Model = new() { Width = 100, Heads = 3, KeyValueHeads = 2 } };

        Assert.Equal(
            [
                "[config] model: width must be a multiple of heads, or headWidth be given; width 100, heads 3",
                "[config] model: keyValueHeads must divide heads; 2 and 3",
                "[config] model: learned positions need as many key-value heads as heads; 2 and 3",
            ],
            config.Validate());
        Assert.Contains(
            "[config] model: rotary positions need an even head width; 3",
            Assert.Single(new TrainingConfig { Model = new() { Width = 12, Heads = 4, Positions = "rotary" } }.Validate()),
            StringComparison.Ordinal);
        Assert.Contains(
            "train.batch x model.context must be at most",
            Assert.Single(new TrainingConfig { Model = new() { Context = 1 << 20 }, Train = new() { Batch = 65536 }, Evaluate = new() { Batch = 1 } }.Validate()),
            StringComparison.Ordinal);
    }
}
