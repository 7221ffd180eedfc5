using System.Security.Cryptography;
using System.Text;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Configuration;

/// <summary>Every option of every optimizer is a key: what stands beside the optimizers is what a configuration can set.</summary>
public class OptimizerOptionTests
{
    /// <summary>A value for every key of every optimizer that has no property of its own, other than the default of any form.</summary>
    private static readonly Dictionary<string, string> s_values = new(StringComparer.Ordinal)
    {
        ["missingGradient"] = "zero-without-decay",
        ["form"] = "sum",
        ["nesterov"] = "false",
        ["coefficients"] = "[3, -4, 2]",
        ["stepsPerOrthogonalization"] = "4",
        ["orthogonalizerEpsilon"] = "2e-6",
        ["normFloor"] = "maximum",
        ["rowNormalization"] = "true",
        ["beta1"] = "0.4375",
        ["beta2"] = "0.5625",
        ["rowEpsilon"] = "1e-9",
        ["scale"] = "match-rms-adamw",
        ["normalizeWeights"] = "true",
        ["compat"] = "mlx-coupled-decay",
        ["epsilon"] = "0.125",
        ["epsilonPlace"] = "before-correction",
        ["preconditionFrequency"] = "7",
        ["blockSize"] = "48",
        ["grafting"] = "none",
        ["graftingBeta2"] = "0.75",
        ["graftingEpsilon"] = "0.25",
        ["shampooBeta"] = "0.625",
        ["maxPreconditionerDimension"] = "96",
    };

    private static readonly string[] s_own = ["learningRate", "weightDecay", "momentum", "orthogonalizer"];

    public static TheoryData<string> Names => [.. OptimizerDescriptors.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_option_is_a_key_that_changes_the_options_made(string name)
    {
        OptimizerDescriptor optimizer = OptimizerDescriptors.Find(name)!;
        Assert.NotEmpty(optimizer.Keys);
        Assert.All(optimizer.Keys, option =>
        {
            ConfigKey key = ConfigKeys.Find($"optimizer.{option.Name}")!;
            Assert.True(key.IsUsed(new() { Optimizer = new() { Name = name } }), option.Name);
            string value = (name, option.Name) switch
            {
                ("adamw", "nesterov") => "true",
                ("normuon", "rowNormalization") => "false",
                ("normuon", "missingGradient") => "skip",
                (_, "orthogonalizer") => "zolotarev/4",
                _ => s_values.GetValueOrDefault(option.Name) ?? "0.3125",
            };
            (string, string)[] form = [("optimizer.name", name), .. name == "muon" ? [("optimizer.preset", "keller-jordan")] : Array.Empty<(string, string)>()];
            form = option.Name is "beta2" or "rowEpsilon" && name == "muon" ? [.. form, ("optimizer.rowNormalization", "true")] : form;
            string before = Read(optimizer, Build(form)), after = Read(optimizer, Build([.. form, (key.Name, value)]));
            Assert.True(before != after, option.Name);
        });
    }

    [Fact]
    public void Every_optimizer_can_be_named() => Assert.All(OptimizerDescriptors.Names, name =>
    {
        IReadOnlyList<Route> routes = OptimizerKinds.Routes(Build(("optimizer.name", name)).Optimizer);
        OptimizerPreset first = OptimizerDescriptors.Find(name)!.Presets[0];
        Assert.Equal([first.Matrices.OptimizerName, first.Auxiliary.OptimizerName], routes.Select(route => route.Options.OptimizerName));
    });

    [Fact]
    public void The_options_made_are_those_that_the_keys_say()
    {
        MuonOptions muon = Made<MuonOptions>(
            ("optimizer.nesterov", "false"), ("optimizer.scale", "match-rms-adamw"), ("optimizer.form", "sum"), ("optimizer.compat", "mlx-coupled-decay"), ("optimizer.missingGradient", "zero"));
        Assert.Equal(
            new MuonOptions
            {
                LearningRate = 0.5,
                WeightDecay = 0.25,
                Nesterov = false,
                Scale = UpdateScale.MatchRmsAdamW,
                Form = MomentumForm.Sum,
                Compat = MuonCompat.MlxCoupledDecay,
                MissingGradient = MissingGradient.Zero,
            },
            muon);
        Assert.Equal(
            MuonPresets.NorMuon with { LearningRate = 0.5, WeightDecay = 0.25, RowNormalization = new RowNormalization { Beta2 = 0.9, Epsilon = 1e-9 }, Scale = UpdateScale.None },
            Made<MuonOptions>(("optimizer.name", "normuon"), ("optimizer.beta2", "0.9"), ("optimizer.rowEpsilon", "1e-9"), ("optimizer.scale", "none")));
        Assert.Equal(
            new LionOptions { LearningRate = 0.5, WeightDecay = 0.25, Beta1 = 0.75, Beta2 = 0.875 },
            Made<LionOptions>(("optimizer.name", "lion"), ("optimizer.beta1", "0.75"), ("optimizer.beta2", "0.875")));
        Assert.Equal(
            new ShampooOptions { LearningRate = 0.5, WeightDecay = 0.25, Beta2 = 0.75, BlockSize = 48, Grafting = ShampooGrafting.None, PreconditionFrequency = 3, Epsilon = 1e-6 },
            Made<ShampooOptions>(
                ("optimizer.name", "shampoo"), ("optimizer.beta2", "0.75"), ("optimizer.blockSize", "48"), ("optimizer.grafting", "none"), ("optimizer.preconditionFrequency", "3"), ("optimizer.epsilon", "1e-6")));
        Assert.Equal(
            new SoapOptions { LearningRate = 0.5, WeightDecay = 0.25, ShampooBeta = 0.5, MaximumPreconditionerDimension = 96 },
            Made<SoapOptions>(("optimizer.name", "soap"), ("optimizer.shampooBeta", "0.5"), ("optimizer.maxPreconditionerDimension", "96")));
        Assert.Equal(
            AdamWPresets.KellerJordan with { LearningRate = 0.5, WeightDecay = 0.25, Beta2 = 0.5, Nesterov = true },
            Made<AdamWOptions>(("optimizer.name", "adamw"), ("optimizer.beta2", "0.5"), ("optimizer.nesterov", "true")));
        Assert.Equal(
            new SgdOptions { LearningRate = 0.5, WeightDecay = 0.25, Momentum = 0.95, Nesterov = false },
            Made<SgdOptions>(("optimizer.name", "sgd"), ("optimizer.nesterov", "false")));
    }

    [Fact]
    public void Newton_Schulz_takes_its_numbers_from_the_preset_and_from_keys()
    {
        var own = (NewtonSchulz)Made<MuonOptions>(
            ("optimizer.preset", "torch"), ("optimizer.coefficients", "[2, -1.5, 0.5]"), ("optimizer.stepsPerOrthogonalization", "3"), ("optimizer.orthogonalizerEpsilon", "1e-6")).Orthogonalizer;
        Assert.Equal((3, 1e-6, NormFloor.Maximum), (own.Steps.Length, own.Epsilon, own.Floor));
        Assert.All(own.Steps, step => Assert.Equal(new QuinticCoefficients(2, -1.5, 0.5), step));

        // One that is named is the one of that name, not the preset's form of it.
        Assert.Same(NewtonSchulz.Jordan5, Made<MuonOptions>(("optimizer.preset", "torch"), ("optimizer.orthogonalizer", "newton-schulz/jordan5")).Orthogonalizer);
    }

    [Fact]
    public void The_share_of_AdamW_has_keys_of_its_own()
    {
        TrainingConfig config = Build(("optimizer.auxiliary.nesterov", "true"), ("optimizer.auxiliary.epsilonPlace", "before-correction"), ("optimizer.auxiliary.missingGradient", "skip"));
        var rest = (AdamWOptions)OptimizerKinds.Routes(config.Optimizer)[1].Options;
        Assert.Equal((true, AdamWEpsilon.BeforeCorrection, MissingGradient.Skip), (rest.Nesterov, rest.EpsilonPlace, rest.MissingGradient));

        // What steps everything gives the matrices what the rest has, unless they have something else.
        TrainingConfig everything = Build(("optimizer.name", "adamw"), ("optimizer.beta2", "0.5"), ("optimizer.auxiliary.nesterov", "true"));
        Assert.Equal([(0.5, true), (0.95, true)], OptimizerKinds.Routes(everything.Optimizer).Select(route => (((AdamWOptions)route.Options).Beta2, ((AdamWOptions)route.Options).Nesterov)));
        Assert.All(OptimizerKinds.Routes(Build(("optimizer.name", "sgd"), ("optimizer.nesterov", "false")).Optimizer), route => Assert.False(((SgdOptions)route.Options).Nesterov));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_configuration_with_every_key_survives_JSON_and_settings_and_no_key_may_change_on_resume(string name)
    {
        OptimizerDescriptor optimizer = OptimizerDescriptors.Find(name)!;
        IEnumerable<(string, string)> options = optimizer.Keys.Where(key => !s_own.Contains(key.Name)).Select(key => ($"optimizer.{key.Name}", s_values[key.Name]));
        IEnumerable<(string, string)> rest = optimizer.Presets[0].Auxiliary is AdamWOptions
            ? new[] { "missingGradient", "epsilonPlace", "nesterov" }.Select(key => ($"optimizer.auxiliary.{key}", s_values[key])) : [];
        (string Key, string Value)[] settings = [("optimizer.name", name), .. name == "muon" ? [("optimizer.preset", "torch")] : Array.Empty<(string, string)>(), .. options, .. rest];
        TrainingConfig config = Build(settings);

        using TemporaryFolder folder = new();
        TrainingConfig read = TrainingConfig.Load(folder.Write("config.json", config.ToJson().ToJsonString()));
        TrainingConfig spelled = Build([.. ConfigKeys.All.Where(key => key.Name != "preset").Select(key => (key.Name, key.Text(config)))]);
        Assert.All([read, spelled with { Preset = config.Preset }], same =>
        {
            Assert.Equal(config, same);
            Assert.Equal(config.Optimizer.GetHashCode(), same.Optimizer.GetHashCode());
            Assert.Equal(ResumeRules.Hash(config), ResumeRules.Hash(same));
        });
        ResumeRules.Check(config, read);
        Assert.All(settings.Where(setting => setting.Key is not "optimizer.name" and not "optimizer.preset"), setting =>
        {
            TrainingConfig other = config.Set(setting.Key, "null");
            Assert.NotEqual(ResumeRules.Hash(config), ResumeRules.Hash(other));
            Assert.StartsWith($"[resume] {setting.Key} must stay as the run began;", Assert.Single(Assert.Throws<ConfigurationException>(() => ResumeRules.Check(config, other)).Problems), StringComparison.Ordinal);
            Assert.Equal(ConfigSource.Code, config.OriginOf(ConfigKeys.Find(setting.Key)!).Source);
        });
    }

    [Fact]
    public void A_run_from_before_there_were_these_keys_goes_on()
    {
        using TemporaryFolder folder = new();
        TrainingConfig old = TrainingConfig.Load(folder.Write(
            "config.json", """{"optimizer": {"name": "soap", "preset": "default", "orthogonalizer": null, "learningRate": 0.01, "weightDecay": 0.5, "auxiliary": {"beta2": 0.75}}}"""));
        const string Counted = "optimizer.name=\"soap\"\noptimizer.learningRate=0.01\noptimizer.weightDecay=0.5\noptimizer.auxiliary.beta2=0.75\n";
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Counted))), ResumeRules.Hash(old));
        Assert.Equal(OptimizerOptionValues.None, old.Optimizer.Options);
        Assert.Null(old.ToJson()["optimizer"]!["blockSize"]);
        Assert.True(old.ToJson()["optimizer"]!.AsObject().ContainsKey("blockSize"));
    }

    [Theory]
    [InlineData("[config] optimizer.nesterov must be true or false, or null for the preset's; 'perhaps' came", "optimizer.nesterov", "perhaps")]
    [InlineData("did you mean 'match-rms-adamw'?", "optimizer.scale", "match-rms-adam")]
    [InlineData("did you mean 'optimizer.blockSize'?", "optimizer.blokSize", "64")]
    [InlineData("[config] optimizer.blockSize must be a whole number from 1 to 30000, or null for the preset's; '0' came", "optimizer.blockSize", "0")]
    [InlineData("or null for the preset's; '[0.1,0.2]' came", "optimizer.beta1", "[0.1,0.2]")]
    [InlineData("[config] optimizer.normFloor with optimizer.name=muon: the key belongs to Newton-Schulz; the orthogonalizer is 'zolotarev/2'", "optimizer.normFloor", "sum")]
    [InlineData("[config] optimizer.epsilon with optimizer.name=adamw: must be a number of 1.2e-38 or more; 1E-40 came", "optimizer.epsilon", "1e-40", "adamw")]
    public void What_no_optimizer_takes_or_this_one_refuses_is_one_line(string expected, string key, string value, string name = "muon") => Assert.Contains(
        expected, Assert.Single(Assert.Throws<ConfigurationException>(() => Build(("optimizer.name", name), (key, value))).Problems), StringComparison.Ordinal);

    [Fact]
    public void A_value_in_a_file_is_checked_by_the_same_rule()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("c.json", """{"optimizer": {"blockSize": 4e1, "nesterov": "no", "coefficients": [3, -4.0, 2]}}""");
        string problem = Assert.Single(Assert.Throws<ConfigurationException>(new TrainingConfigBuilder().AddFile(file).Build).Problems);
        Assert.Contains("optimizer.nesterov", problem, StringComparison.Ordinal);
        Assert.Contains("true or false, or null for the preset's", problem, StringComparison.Ordinal);

        string good = folder.Write("d.json", """{"optimizer": {"name": "shampoo", "blockSize": 4e1}}""");
        TrainingConfig config = new TrainingConfigBuilder().AddFile(good).Build();
        Assert.Equal("40", config.Optimizer.Options["blockSize"]);
        Assert.Equal(Build(("optimizer.name", "shampoo"), ("optimizer.blockSize", " 40.0 ")), config);
    }

    [Fact]
    public void An_option_of_another_optimizer_is_remarked_on()
    {
        Assert.Equal(["[config] optimizer.blockSize is set, but optimizer.name=adamw does not use it"], UnusedKeys.Remarks(Build(("optimizer.name", "adamw"), ("optimizer.blockSize", "8"))));
        Assert.Equal(["[config] optimizer.auxiliary.nesterov is set, but optimizer.name=sgd does not use it"], UnusedKeys.Remarks(Build(("optimizer.name", "sgd"), ("optimizer.auxiliary.nesterov", "true"))));
    }

    [Theory]
    [InlineData("airbench94", "model.width", "96", "image.network=airbench94")]
    [InlineData("airbench94", "sample.topP", "0.5", "image.network=airbench94")]
    [InlineData("nanogpt-cpu", "image.flip", "true", "image.network=null")]
    [InlineData("nanogpt-cpu", "image.sgd.momentum", "0.5", "image.sgd.biasLearningRate=null")]
    public void A_key_of_another_kind_of_network_is_remarked_on(string preset, string key, string value, string hindrance) =>
        Assert.Contains($"[config] {key} is set, but {hindrance} does not use it", UnusedKeys.Remarks(new TrainingConfigBuilder().UsePreset(preset).Set("data.file", "somewhere").Set(key, value).Build()));

    [Fact]
    public void Another_optimizer_or_preset_leaves_the_options_of_the_first_behind_unless_they_are_set_again()
    {
        TrainingConfig start = Build(("optimizer.nesterov", "false"), ("optimizer.auxiliary.nesterov", "true"));
        OptimizerSection adamW = new TrainingConfigBuilder().StartFrom(start).Set("optimizer.name", "adamw").Set("optimizer.beta2", "0.5").Build().Optimizer;
        Assert.Equal((OptimizerOptionValues.None.With("beta2", "0.5"), start.Optimizer.Auxiliary), (adamW.Options, adamW.Auxiliary));
        OptimizerSection torch = new TrainingConfigBuilder().StartFrom(start).Set("optimizer.preset", "torch").Build().Optimizer;
        Assert.Equal((OptimizerOptionValues.None, OptimizerOptionValues.None), (torch.Options, torch.Auxiliary.Options));
        Assert.Equal("false", new TrainingConfigBuilder().StartFrom(start).Set("train.steps", "7").Build().Optimizer.Options["nesterov"]);
    }

    private static string Read(OptimizerDescriptor optimizer, TrainingConfig config)
    {
        OptimizerOptions options = OptimizerKinds.Routes(config.Optimizer)[0].Options;
        return string.Join('\n', optimizer.Keys.Select(key => $"{key.Name}={key.Read(options)?.ToJsonString()}"));
    }

    /// <summary>The options of the matrices, at a constant rate of a half and a decay of a quarter.</summary>
    private static TOptions Made<TOptions>(params (string Key, string Value)[] settings)
    {
        TrainingConfig config = Build(
            [.. settings, ("optimizer.learningRate", "0.5"), ("optimizer.weightDecay", "0.25"), ("optimizer.schedule.name", "constant"), ("optimizer.schedule.warmup", "0")]);
        return Assert.IsAssignableFrom<TOptions>(OptimizerKinds.Routes(config.Optimizer)[0].Options);
    }

    private static TrainingConfig Build(params (string Key, string Value)[] settings)
    {
        TrainingConfigBuilder builder = new();
        foreach ((string key, string value) in settings)
        {
            builder.Set(key, value);
        }

        return builder.Build();
    }
}
