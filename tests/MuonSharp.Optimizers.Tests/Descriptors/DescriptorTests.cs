using System.Reflection;
using System.Text.Json.Nodes;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Whatever an optimizer's options hold can be said from outside, in the names of configurations and in those of traces.</summary>
public class DescriptorTests
{
    /// <summary>Values of every kind that a key may take, tried one after the other.</summary>
    private static readonly string[] s_values =
        ["0.4375", "0.5", "7", "3", "true", "false", "[3, -4, 2]", "zero", "sum", "bias-corrected-ema", "none", "maximum", "keller-jordan-conv-scale", "match-rms-adamw", "zolotarev/3", "adam", "before-correction"];

    public static TheoryData<string> Optimizers => [.. OptimizerDescriptors.All.Select(descriptor => descriptor.Name)];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Every_option_is_reachable_by_a_key(string name)
    {
        OptimizerDescriptor descriptor = OptimizerDescriptors.Find(name)!;
        var reached = new HashSet<string>(StringComparer.Ordinal);
        foreach (OptimizerOptions start in descriptor.Presets.Select(preset => preset.Matrices))
        {
            foreach (OptionKey key in descriptor.Keys)
            {
                foreach (string text in s_values)
                {
                    if (key.TryApply(start, OptionKey.FromText(text), out OptimizerOptions changed, out _))
                    {
                        Assert.Equal(start.GetType(), changed.GetType());
                        reached.UnionWith(Differences(start, changed));
                    }
                }
            }
        }

        Assert.Equal(Settable(descriptor.Presets[0].Matrices.GetType()).Select(property => property.Name).Order(StringComparer.Ordinal), reached.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Options_within_options_are_reachable_too()
    {
        OptimizerOptions start = MuonPresets.NorMuon;
        foreach ((string key, string property) in new[] { ("beta2", "Beta2"), ("rowEpsilon", "Epsilon") })
        {
            Assert.True(OptimizerDescriptors.Muon.Key(key)!.TryApply(start, OptionKey.FromText("0.25"), out OptimizerOptions changed, out _));
            RowNormalization rows = ((MuonOptions)changed).RowNormalization!;
            Assert.Equal(0.25, typeof(RowNormalization).GetProperty(property)!.GetValue(rows));
        }

        Assert.Equal(["Beta2", "Epsilon"], Settable(typeof(RowNormalization)).Select(property => property.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void What_is_read_can_be_set_and_changes_nothing(string name)
    {
        OptimizerDescriptor descriptor = OptimizerDescriptors.Find(name)!;
        foreach (OptimizerPreset preset in descriptor.Presets)
        {
            OptimizerOptions options = preset.Matrices;
            foreach (OptionKey key in descriptor.Keys.Where(key => key.Name != "coefficients"))
            {
                if (key.Read(options) is { } value)
                {
                    Assert.True(key.TryApply(options, value, out OptimizerOptions same, out string problem), $"{preset.Name} {key}: {problem}");
                    Assert.Equal(value.ToJsonString(), key.Read(same)!.ToJsonString());
                    Assert.Empty(Differences(options, same).Except(["Orthogonalizer"]));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Names_in_traces_are_those_of_configurations(string name)
    {
        OptimizerDescriptor descriptor = OptimizerDescriptors.Find(name)!;
        Assert.Equal(descriptor.Keys.Length, descriptor.Keys.Select(key => key.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(descriptor.Keys, key =>
        {
            string[] words = key.TraceName.Split('_');
            Assert.Equal(key.Name, words[0] + string.Concat(words.Skip(1).Select(word => char.ToUpperInvariant(word[0]) + word[1..])));
            Assert.Same(key, descriptor.Key(key.Name));
            Assert.Same(key, descriptor.Key(key.TraceName));
            Assert.True(key.Help.Length > 0 && !key.Help.EndsWith('.') && key.Rule.Length > 0);
            Assert.True(key.Choices.All(choice => key.Rule.Contains(choice, StringComparison.Ordinal)));
        });
        Assert.All(descriptor.Presets, preset =>
        {
            Assert.Empty(preset.Matrices.Problems());
            Assert.Empty(preset.Auxiliary.Problems());
            Assert.Equal(descriptor.Name, preset.Matrices.OptimizerName);
        });
        Assert.NotNull(descriptor.Preset(descriptor.TracePreset));
        Assert.Same(descriptor.Presets[0], descriptor.Preset());
    }

    [Fact]
    public void A_recipe_is_a_rate_to_begin_with_and_settings_that_are_not_the_rate()
    {
        Assert.All(OptimizerDescriptors.All, optimizer =>
        {
            Assert.True(optimizer.Recipe.LearningRate is null or > 0);
            Assert.True(!optimizer.Recipe.OneRate || optimizer.StepsEverything, "one rate for everything is for those that step everything");
            Assert.All(optimizer.Recipe.Settings, setting => Assert.True(setting.Key.StartsWith("optimizer.", StringComparison.Ordinal) && setting.Key != "optimizer.learningRate" && setting.Value.Length > 0));
        });
        Assert.Equal((4e-3, true, 4), (OptimizerDescriptors.AdamW.Recipe.LearningRate, OptimizerDescriptors.AdamW.Recipe.OneRate, OptimizerDescriptors.AdamW.Recipe.Settings.Length));
        Assert.Equal(new OptimizerRecipe(), OptimizerDescriptors.Muon.Recipe);
    }

    [Fact]
    public void The_table_knows_every_optimizer_and_its_other_names()
    {
        Type[] options = [.. typeof(OptimizerOptions).Assembly.GetTypes().Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(OptimizerOptions)))];
        Assert.Equal(options.Select(type => type.Name).Order(StringComparer.Ordinal), OptimizerDescriptors.All.Select(known => known.Presets[0].Matrices.GetType().Name).Order(StringComparer.Ordinal));
        Assert.Equal(["muon", "normuon", "adamw", "sgd", "lion", "shampoo", "soap"], OptimizerDescriptors.Names);
        Assert.Same(OptimizerDescriptors.Muon, OptimizerDescriptors.Find("normuon"));
        Assert.Equal(("normuon", null), (OptimizerDescriptors.PresetOfAlias("normuon"), OptimizerDescriptors.PresetOfAlias("muon")));
        Assert.Null(OptimizerDescriptors.Find("Muon"));
        Assert.Equal(MuonPresets.ByName.Select(pair => (pair.Key, (OptimizerOptions)pair.Value)), OptimizerDescriptors.Muon.Presets.Select(preset => (preset.Name, preset.Matrices)));
        Assert.Equal(AdamWPresets.ByName.Keys.Order(StringComparer.Ordinal), OptimizerDescriptors.AdamW.Presets.Select(preset => preset.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("muon", "learningRate", "-1", "must be a number of 0 or more; -1 came")]
    [InlineData("muon", "learningRate", "[0.1, -1]", "must be a number of 0 or more; [0.1,-1] came")]
    [InlineData("muon", "momentum", "1", "must be a number from 0 up to but not including 1; 1 came")]
    [InlineData("muon", "nesterov", "1", "must be true or false; 1 came")]
    [InlineData("muon", "scale", "orignal", "must be one of original, match-rms-adamw, spectral-unclamped, none; \"orignal\" came")]
    [InlineData("muon", "beta2", "0.5", "the key belongs to the preset 'normuon' or to rowNormalization; rows are not normalized here")]
    [InlineData("muon", "stepsPerOrthogonalization", "3", "the key belongs to Newton-Schulz; the orthogonalizer is 'zolotarev/2'")]
    [InlineData("soap", "preconditionFrequency", "0", "must be a whole number from 1 to 2147483647; 0 came")]
    [InlineData("soap", "preconditionFrequency", "1.5", "must be a whole number from 1 to 2147483647; 1.5 came")]
    [InlineData("soap", "preconditionFrequency", "null", "must be a whole number from 1 to 2147483647; null came")]
    [InlineData("adamw", "epsilon", "1e-60", "must be a number of 1.2e-38 or more; 1E-60 came")]
    [InlineData("lion", "beta2", "nan", "must be a number from 0 up to but not including 1; \"nan\" came")]
    public void A_value_that_breaks_its_rule_says_what_it_must_be(string optimizer, string key, string text, string expected)
    {
        OptimizerDescriptor descriptor = OptimizerDescriptors.Find(optimizer)!;
        OptimizerOptions start = descriptor.Presets[0].Matrices;
        Assert.False(descriptor.Key(key)!.TryApply(start, OptionKey.FromText(text), out OptimizerOptions same, out string problem));
        Assert.Same(start, same);
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void A_schedule_takes_a_number_a_list_or_a_schedule()
    {
        OptionKey rate = OptimizerDescriptors.Lion.Key("learningRate")!;
        OptimizerOptions start = new LionOptions();
        Assert.True(rate.IsSchedule && !OptimizerDescriptors.Lion.Key("beta2")!.IsSchedule);
        Assert.True(rate.TryApply(start, JsonNode.Parse("[0.5, 2e0]"), out OptimizerOptions listed, out _));
        Assert.Equal((0.5, 2.0), (listed.LearningRate.At(1, 9), listed.LearningRate.At(7, 9)));
        Assert.Equal("[0.5,2]", rate.Read(listed)!.ToJsonString());
        OptimizerOptions cosine = rate.WithSchedule(start, new CosineSchedule(0.25));
        Assert.Equal((0.25, "0.25"), (rate.Schedule(cosine)!.Range.Greatest, rate.Read(cosine)!.ToJsonString()));
    }

    [Fact]
    public void Coefficients_are_a_set_a_triple_or_one_triple_a_step()
    {
        OptionKey key = OptimizerDescriptors.Muon.Key("coefficients")!;
        OptimizerOptions torch = MuonPresets.Torch;
        NewtonSchulz Of(string value)
        {
            Assert.True(key.TryApply(torch, OptionKey.FromText(value), out OptimizerOptions changed, out string problem), problem);
            return (NewtonSchulz)((MuonOptions)changed).Orthogonalizer;
        }

        Assert.Equal(("newton-schulz/youjiacheng5", NormFloor.Maximum, 1e-7), (Of("youjiacheng5").Name, Of("youjiacheng5").Floor, Of("youjiacheng5").Epsilon));
        Assert.Equal(Enumerable.Repeat(new QuinticCoefficients(3, -4, 2), 5), Of("[3, -4, 2]").Steps);
        Assert.Equal([new(3, -4, 2), new QuinticCoefficients(2, -1.5, 0.5)], Of("[[3, -4, 2], [2, -1.5, 0.5]]").Steps);
        Assert.False(key.TryApply(torch, OptionKey.FromText("[[3, -4], [2, -1.5, 0.5]]"), out _, out _));
        Assert.False(key.TryApply(torch, OptionKey.FromText("[3, -4, 2"), out _, out _));
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties().Where(property => property.SetMethod is not null);

    private static IEnumerable<string> Differences(OptimizerOptions one, OptimizerOptions other) =>
        Settable(one.GetType()).Where(property => !Equals(property.GetValue(one), property.GetValue(other))).Select(property => property.Name);
}
