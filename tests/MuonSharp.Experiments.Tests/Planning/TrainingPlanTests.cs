using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Planning;

/// <summary>Runs alone: it looks at the native memory of the process.</summary>
[Collection(nameof(WholeProcess))]
public class TrainingPlanTests
{
    [Fact]
    public void Gpt2_124m_on_half_a_million_tokens_has_the_published_overhead()
    {
        TrainingPlan plan = TrainingPlan.Of(TrainingConfig.FromPreset("gpt2-124m").Set("train.accumulation", "128"));

        // K. Jordan's figure for NanoGPT: 5 · 768 / 524288 = 0.7 %.
        Assert.Equal(0.0073242, plan.Optimizer.Published!.Value, 1e-7);
        Assert.Equal(0.0073242, plan.Optimizer.PublishedByMatrix!.Value, 1e-7);
        Assert.Equal((124_439_808, 524_288, 72), (plan.Parameters, plan.Step.Tokens, plan.Optimizer.Matrices));

        // 12 · 768² · 12 matrices and the tied head; 6 FLOPs a weight and token.
        Assert.Equal(84_934_656 + 38_597_376, plan.Step.MultiplyingWeights);
        Assert.Equal(6.0 * 123_532_032 * 524_288, plan.Step.Dense);
        Assert.Equal(12.0 * 12 * 768 * 524_288 * 512.5, plan.Step.Attention);
        Assert.Equal(plan.Optimizer.Flops / (plan.Step.Dense + plan.Step.Attention), plan.Optimizer.Configured);
    }

    [Fact]
    public void Experts_count_for_the_share_of_tokens_that_they_multiply()
    {
        ModelBuilder builder = new(seed: 1);
        _ = new MixtureOfExperts(builder, "mixture", new MixtureOptions { Width = 64, Hidden = 32, Experts = 8, SharedHidden = 48, Routing = new RoutingOptions { Active = 2 } });
        StepArithmetic step = StepArithmetic.Of(LanguageModelConfigs.Create(Small().Model, 100), builder.Parameters, tokens: 1000);

        // The router, two of eight experts of three matrices, and the shared ones.
        Assert.Equal((8 * 64) + (2 * 3 * 64 * 32) + (3 * 64 * 48), step.MultiplyingWeights);
        Assert.Equal(6.0 * step.MultiplyingWeights * 1000, step.Dense);
    }

    [Fact]
    public void Latent_attention_counts_its_wide_keys_and_its_values()
    {
        TrainingConfig config = Small().Set("model.family", "deepseek_v3").Set("model.normalization", "rms-norm").Set("model.positions", "rotary").Set("model.activation", "swiglu")
            .Set("model.headWidth", "20").Set("model.latent.rotaryWidth", "6").Set("model.latent.valueWidth", "14").Set("model.context", "3").Set("model.window", "0");

        // Three queries see 1, 2 and 3 keys, in each layer and head: Q Kᵀ 26 and P V 14 wide, forward and twice backward.
        double expected = 3.0 * 2 * (26 + 14) * (1 + 2 + 3) * config.Model.Layers * config.Model.Heads;
        Assert.Equal(expected * config.TokensPerStep / 3, TrainingPlan.Of(config).Step.Attention, 1e-6);
    }

    [Theory]
    [InlineData("newton-schulz/jordan5", (4 * 5 * (3 + 1)) + (2 * 5 * ((3 * 4) + 1)))] // a layer: four squares, two of [3072, 768]; 5 (3 m²n + m³)
    [InlineData("zolotarev/2", (4 * (3 + 2)) + (2 * ((3 * 4) + 2)))] // 3 m²n + 2 m³
    public void The_optimizer_s_flops_are_those_of_the_configured_orthogonalizer(string name, int cubesOfLayer) => Assert.Equal(
        12.0 * cubesOfLayer * 768 * 768 * 768,
        TrainingPlan.Of(TrainingConfig.FromPreset("gpt2-124m").Set("optimizer.orthogonalizer", name)).Optimizer.Flops);

    [Theory]
    [InlineData(64, 0)]
    [InlineData(64, 64)]
    [InlineData(64, 10)]
    [InlineData(5, 1)]
    public void Attention_counts_the_pairs_that_see_each_other(int context, int window)
    {
        TrainingConfig config = Small().Set("model.context", $"{context}").Set("model.window", $"{window}");
        long pairs = 0;
        for (int query = 0; query < context; query++)
        {
            for (int key = 0; key <= query; key++)
            {
                pairs += window == 0 || query - key < window ? 1 : 0;
            }
        }

        Assert.Equal(12.0 * 2 * 32 * 3 * pairs, TrainingPlan.Of(config).Step.Attention, 1e-3);
    }

    [Theory]
    [InlineData("muon")]
    [InlineData("muon", true)]
    [InlineData("normuon")]
    [InlineData("adamw")]
    [InlineData("sgd")]
    [InlineData("shampoo")]
    [InlineData("soap")]
    public void Memory_is_what_model_program_and_optimizer_really_allocate(string optimizer, bool recomputes = false)
    {
        TrainingConfig config = new TrainingConfigBuilder().StartFrom(Small()).Set("optimizer.name", optimizer).Build().Set("train.recompute", recomputes ? "true" : "false");
        TrainingPlan plan = TrainingPlan.Of(config);
        long before = NativeBuffer.LiveBytes;
        using WorkerTeam team = new(2);
        using LanguageModel model = new(LanguageModelConfigs.Create(config.Model, 100), seed: 1, team) { RecomputesBlocks = recomputes };
        using RoutedOptimizer stepped = new(model.Parameters, OptimizerKinds.Routes(config.Optimizer), OptimizerKinds.StepOptions(config), team);
        LanguageProgram program = model.Program(config.Train.Batch, config.Model.Context, training: true);
        long tokens = 2 * sizeof(int) * config.Train.Batch * config.Model.Context;

        Assert.Equal(NativeBuffer.LiveBytes - before - tokens, plan.Memory.Total - plan.Memory.Spectra);
        Assert.Equal(program.MemoryPlan.ArenaLength * sizeof(float), plan.Memory.Activations);
        Assert.Equal(stepped.Plan.ToString(), plan.Routing.ToString());
        Assert.Equal(optimizer is "muon" or "normuon", plan.Optimizer.Published is not null);
        Assert.Equal(optimizer is "adamw" or "sgd", plan.Optimizer.Flops == 0);
    }

    [Theory]
    [InlineData(1, "auto", "null")]
    [InlineData(3, "auto", "null")]
    [InlineData(16, "7", "*")]
    [InlineData(2, "-1", "null")]
    public void Spectra_take_the_memory_that_a_trainer_really_has_for_them_and_come_when_it_has_them(int threads, string every, string names)
    {
        TrainingConfig config = Small().Set("model.vocabulary", "null").Set("train.threads", $"{threads}").Set("log.spectra", names);
        long without = Trained(config.Set("log.spectraEvery", "-1"), out _), with = Trained(config = config.Set("log.spectraEvery", every), out SpectrumPlan? real);
        TrainingPlan plan = TrainingPlan.Of(config);
        Assert.Equal(with - without, plan.Memory.Spectra);
        Assert.Equal((real?.Every, real?.Flops, real?.Share), (plan.Spectra?.Every, plan.Spectra?.Flops, plan.Spectra?.Share));
        Assert.Equal(every != "-1", with > without);

        static long Trained(TrainingConfig config, out SpectrumPlan? spectra)
        {
            long before = NativeBuffer.LiveBytes;
            using Trainer trainer = Trainer.Create(config);
            spectra = trainer.Description.Spectra;
            return NativeBuffer.LiveBytes - before;
        }
    }

    [Theory]
    [InlineData("muon", false)]
    [InlineData("muon", true)]
    [InlineData("adamw", false)]
    [InlineData("adamw", true)]
    public void Gpt2_124m_needs_little_more_than_what_no_implementation_can_do_without(string optimizer, bool recompute)
    {
        foreach ((int batch, int context) in new[] { (4, 64), (1, 1024) })
        {
            PlannedMemory memory = TrainingPlan.Of(new TrainingConfigBuilder().StartFrom(TrainingConfig.FromPreset("gpt2-124m")).Set("optimizer.name", optimizer)
                .Set("train.batch", $"{batch}").Set("model.context", $"{context}").Set("train.recompute", $"{recompute}").Set("train.threads", "2").Build()).Memory;

            // A block keeps of a token: norm, queries, keys and values with their sum, heads, stream, norm, both sides of GELU, stream, four numbers of the norms.
            const int Width = 768, OfBlock = Width + (3 * Width) + 12 + Width + Width + Width + (8 * Width) + Width + 4;
            long tokens = batch * context, kept = recompute ? (12 * Width) + OfBlock : 12 * OfBlock;
            Assert.InRange(memory.NeededActivations, 4 * tokens * (kept - Width), 4 * tokens * (kept + (2 * Width)));
            Assert.InRange(memory.Ratio, 1, 1.3);
            Assert.Equal(memory.Total, memory.Needed + memory.Overhead);
        }
    }

    [Fact]
    public void The_vocabulary_is_the_one_that_is_set_or_the_tokenizer_s()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("text.txt", string.Concat(Enumerable.Repeat("abcabcabd", 20)));
        TrainingConfig config = Small() with { Data = new() { File = file } };
        Assert.Equal(100, TrainingPlan.Of(config).Vocabulary);
        Assert.Equal(4, TrainingPlan.Of(config.Set("model.vocabulary", "0")).Vocabulary);
        Assert.Equal(256, TrainingPlan.Of(config.Set("model.vocabulary", "0").Set("data.tokenizer", "byte")).Vocabulary);
        Assert.Throws<BadInputException>(() => TrainingPlan.Of(Small().Set("model.vocabulary", "0").Set("data.file", folder.File("missing.txt"))));

        // A text that is named is read even where it does not decide the vocabulary: the run would read it.
        Assert.Throws<BadInputException>(() => TrainingPlan.Of(Small().Set("data.file", folder.File("missing.txt"))));
    }

    [Fact]
    public void No_preset_s_learning_rate_looks_meant_in_another_unit()
    {
        foreach (string preset in Presets.Names.Where(name => TrainingConfig.FromPreset(name).Image.Network is null))
        {
            foreach (string optimizer in OptimizerKinds.Names)
            {
                Assert.Empty(TrainingPlan.Of(new TrainingConfigBuilder().UsePreset(preset).Set("optimizer.name", optimizer).Build()).Advice);
            }

            foreach (string form in OptimizerKinds.PresetNames)
            {
                Assert.Empty(TrainingPlan.Of(new TrainingConfigBuilder().UsePreset(preset).Set("optimizer.preset", form).Build()).Advice);
            }
        }

        Assert.Single(TrainingPlan.Of(TrainingConfig.FromPreset("nanogpt-cpu").Set("optimizer.learningRate", "3e-4")).Advice);
    }

    [Fact]
    public void A_configuration_that_breaks_rules_is_refused()
    {
        Assert.Throws<ConfigurationException>(() => TrainingPlan.Of(Small() with { Train = new() { Batch = 0 } }));
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => TrainingPlan.Of(Small().Set("model.width", "65536").Set("model.heads", "64").Set("model.hiddenWidth", "64")));
        Assert.Contains("fewer than 2^31 weights", error.Message, StringComparison.Ordinal);
    }

    private static TrainingConfig Small() => new()
    {
        Model = new() { Layers = 2, Heads = 2, Width = 32, Context = 40, Vocabulary = 100 },
        Train = new() { Batch = 3, Threads = 2 },
    };

    [Fact]
    public void A_text_that_is_named_is_refused_as_training_refuses_it()
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = new TrainingConfig { Data = new() { File = folder.Write("text.txt", "a text of letters, too many for ten") } };
        foreach (TrainingConfig wrong in (TrainingConfig[])[config.Set("model.vocabulary", "10").Set("model.context", "4"), config.Set("model.vocabulary", "300"), config.Set("data.file", folder.File("none"))])
        {
            Assert.Equal(Assert.Throws<BadInputException>(() => Trainer.Create(wrong)).Message, Assert.Throws<BadInputException>(() => TrainingPlan.Of(wrong)).Message);
        }
    }

    [Fact]
    public void The_advice_holds_the_remarks_on_keys_that_do_nothing() => Assert.Equal(
        ["[config] optimizer.momentum is set, but optimizer.name=adamw does not use it"],
        TrainingPlan.Of(new TrainingConfigBuilder().Set("optimizer.name", "adamw").Set("optimizer.momentum", "0.5").Build()).Advice
            .Where(line => line.StartsWith("[config]", StringComparison.Ordinal)));
}
