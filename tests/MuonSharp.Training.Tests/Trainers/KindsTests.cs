using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Trainers;

/// <summary>What a configuration says is what the model and the optimizer are made with.</summary>
public class KindsTests
{
    private static readonly OptimizerSection s_settings = new()
    {
        LearningRate = 0.5,
        Momentum = 0.75,
        WeightDecay = 0.125,
        Auxiliary = new() { LearningRate = 0.25, Beta1 = 0.5, Beta2 = 0.625, Epsilon = 0.1, WeightDecay = 0.0625 },
        Schedule = new() { Name = "constant", Warmup = 0 },
    };

    [Fact]
    public void Muon_gets_the_matrices_and_AdamW_the_rest()
    {
        IReadOnlyList<Route> routes = OptimizerKinds.Routes(s_settings);

        Assert.Equal(["matrices", "auxiliary"], routes.Select(route => route.Group));
        MuonOptions muon = Assert.IsType<MuonOptions>(routes[0].Options);
        Assert.Equal((0.5, 0.75, 0.125), (At(muon.LearningRate), At(muon.Momentum), At(muon.WeightDecay)));
        AssertAuxiliary(routes[1]);
    }

    [Fact]
    public void AdamW_for_everything_keeps_the_matrices_learning_rate_and_decay()
    {
        IReadOnlyList<Route> routes = OptimizerKinds.Routes(s_settings with { Name = "adamw" });

        AdamWOptions matrices = Assert.IsType<AdamWOptions>(routes[0].Options);
        Assert.Equal((0.5, 0.125, 0.5, 0.625), (At(matrices.LearningRate), At(matrices.WeightDecay), At(matrices.Beta1), matrices.Beta2));
        AssertAuxiliary(routes[1]);
        AdamWOptions inherited = (AdamWOptions)OptimizerKinds.Routes(s_settings with { Name = "adamw", LearningRate = null })[0].Options;
        Assert.Equal(0.25, At(inherited.LearningRate));
    }

    [Fact]
    public void Without_a_learning_rate_muon_has_its_published_one() =>
        Assert.Equal(0.02, At(OptimizerKinds.Routes(s_settings with { LearningRate = null })[0].Options.LearningRate));

    [Fact]
    public void A_preset_is_its_reference_with_the_settings_numbers()
    {
        OptimizerSection settings = s_settings with { Preset = "moonlight" };
        var muon = (MuonOptions)OptimizerKinds.Routes(settings)[0].Options;
        Assert.Equal(MuonPresets.Moonlight with { LearningRate = muon.LearningRate, Momentum = 0.75, WeightDecay = 0.125 }, muon);
        Assert.Equal(AdamWEpsilon.BeforeCorrection, ((AdamWOptions)OptimizerKinds.Routes(settings)[1].Options).EpsilonPlace);
        Assert.Same(NewtonSchulz.YouJiacheng5, ((MuonOptions)OptimizerKinds.Routes(settings with { Orthogonalizer = "newton-schulz/youjiacheng5" })[0].Options).Orthogonalizer);
        Assert.NotNull(((MuonOptions)OptimizerKinds.Routes(s_settings with { Name = "normuon" })[0].Options).RowNormalization);
    }

    [Fact]
    public void Every_optimizer_that_can_be_named_takes_the_settings_learning_rate_and_decay()
    {
        Assert.All(OptimizerKinds.Names, name =>
        {
            IReadOnlyList<Route> routes = OptimizerKinds.Routes(s_settings with { Name = name });
            Assert.Equal((0.5, 0.125), (At(routes[0].Options.LearningRate), At(routes[0].Options.WeightDecay)));
            Assert.Equal((0.25, 0.0625), (At(routes[1].Options.LearningRate), At(routes[1].Options.WeightDecay)));
        });
    }

    [Fact]
    public void The_momentum_can_warm_up()
    {
        OptimizerSection settings = s_settings with { Momentum = 0.95, MomentumWarmup = 10 };
        Schedule momentum = ((MuonOptions)OptimizerKinds.Routes(settings)[0].Options).Momentum;

        Assert.Equal([0.85, 0.9, 0.95, 0.95], new[] { 1, 6, 11, 50 }.Select(step => Math.Round(momentum.At(step, 100), 12)));
    }

    [Theory]
    [InlineData("constant", new[] { 1, 2, 4, 4, 4, 4.0 })]
    [InlineData("linear", new[] { 1, 2, 4, 3.25, 2.5, 1.75 })]
    [InlineData("cosine", new[] { 1, 2, 4, 3.560660171780, 2.5, 1.439339828220 })]
    [InlineData("warmup-stable-decay", new[] { 1, 2, 4, 4, 4, 2.5 })]
    public void Schedules_warm_up_and_decay_towards_their_floor(string name, double[] expected)
    {
        Schedule schedule = ScheduleKinds.Create(4, new() { Name = name, Warmup = 4, DecayShare = 0.4, Floor = 0.25 });

        // Of 20 steps 4 warm up. Linear and cosine fall from 4 to 1 over the other 16, the plateau over the last 8.
        IEnumerable<double> values = new[] { 1, 2, 4, 9, 13, 17 }.Select(step => Math.Round(schedule.At(step, 20), 12));
        Assert.Equal(expected, values);
    }

    [Fact]
    public void Clipping_and_the_length_of_the_run_reach_the_optimizer()
    {
        TrainingConfig config = new() { Train = new() { Steps = 77 }, Optimizer = new() { ClipNorm = 0.5 } };

        Assert.Equal(new StepOptions { TotalSteps = 77, MaximumGradientNorm = 0.5 }, OptimizerKinds.StepOptions(config));
        Assert.Null(OptimizerKinds.StepOptions(new()).MaximumGradientNorm);
    }

    [Fact]
    public void Every_key_of_the_model_reaches_the_decoder()
    {
        ModelSection settings = new()
        {
            Layers = 3,
            Heads = 4,
            KeyValueHeads = 2,
            Width = 48,
            Context = 17,
            HiddenWidth = 70,
            Normalization = "rms-norm",
            Activation = "swiglu",
            Positions = "rotary",
            TiedHead = false,
            Biases = true,
            QueryKeyNorm = true,
            Dropout = 0.25,
            Window = 5,
        };

        Assert.Equal(
            new LanguageModelConfig
            {
                Vocabulary = 9,
                Layers = 3,
                Heads = 4,
                KeyValueHeads = 2,
                Width = 48,
                Context = 17,
                HiddenWidth = 70,
                Normalization = Normalization.RmsNorm,
                Activation = Activation.Silu,
                Gated = true,
                Family = ModelFamilies.Llama,
                TiedHead = false,
                Biases = true,
                QueryKeyNorm = true,
                Dropout = 0.25,
                Window = 5,
            },
            LanguageModelConfigs.Create(settings, 9));
        LanguageModelConfig plain = LanguageModelConfigs.Create(new(), 9);
        Assert.Equal((null, null, null), (plain.KeyValueHeads, plain.HiddenWidth, plain.Window));
    }

    [Fact]
    public void What_only_the_decoder_knows_to_be_wrong_is_reported_as_well() =>
        Assert.Contains(
            "[config] model: a gated feed-forward block needs rotary positions",
            Assert.Single(new TrainingConfig { Model = new() { Activation = "swiglu" } }.Validate()),
            StringComparison.Ordinal);

    private static double At(Schedule schedule) => schedule.At(1, 100);

    private static void AssertAuxiliary(Route route)
    {
        AdamWOptions options = Assert.IsType<AdamWOptions>(route.Options);
        Assert.Equal(
            (0.25, 0.5, 0.625, 0.1, 0.0625),
            (At(options.LearningRate), At(options.Beta1), options.Beta2, options.Epsilon, At(options.WeightDecay)));
    }
}
