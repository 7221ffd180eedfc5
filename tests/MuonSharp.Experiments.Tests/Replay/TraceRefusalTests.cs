namespace MuonSharp.Experiments.Tests.Replay;

/// <summary>A recorded run that is not exactly right is refused with words that say what is wrong.</summary>
public class TraceRefusalTests
{
    [Theory]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain"], "betta1": 0.9}""", "'betta1'", "beta1")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain"], "momentum": 0.9}""", "adamw", "'momentum'")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain"], "orientation": "in-out"}""", "adamw", "'orientation'")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "epsilon": 1e-8}""", "muon", "'epsilon'")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "orientation": "in"}""", "orientation", "in-out")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "orientaton": "in-out"}""", "did you mean 'orientation'?")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "beta2": 0.9}""", "beta2", "'normuon'")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "scale": "orignal"}""", "scale", "did you mean 'original'?")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "orthogonalizer": "newton"}""", "orthogonalizer", "newton-schulz/jordan5")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "coefficients": [1, 2]}""", "coefficients", "three numbers", "[1,2] came")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "coefficients": "jordan"}""", "coefficients", "did you mean 'jordan5'?")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "steps_per_orthogonalization": 0}""", "steps_per_orthogonalization", "from 1 to 99", "0 came")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "steps_per_orthogonalization": 100}""", "steps_per_orthogonalization", "99")]
    [InlineData("""{"optimizer": "soap", "preset": "torch", "parameters": ["gain"]}""", "preset", "reference", "'torch' came")]
    [InlineData("""{"optimizer": "soap", "parameters": ["gain"], "grafting": "adam"}""", "soap", "'grafting'")]
    [InlineData("""{"optimizer": "shampoo", "parameters": ["gain"], "grafting": "adams"}""", "grafting", "did you mean 'adam'?")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"]}""", "'gain' [3]", "no matrix")]
    [InlineData("""{"optimizer": "adamv", "parameters": ["gain"]}""", "'adamv'", "did you mean 'adamw'?")]
    [InlineData("""{"optimizer": "muon", "preset": "keller", "parameters": ["gain"]}""", "preset", "'keller'")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain"], "learning_rate": [0.1, 0.2, 0.3]}""", "groups[0].learning_rate", "2 numbers", "a list of 3")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain"], "learning_rate": [0.1, "fast"]}""", "learning_rate", "fast")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain"], "learning_rate": -0.1}""", "groups[0].learning_rate", "0 or more", "-0.1")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain"], "beta2": [0.9, 0.9]}""", "beta2", "a number")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain"], "beta2": 1.5}""", "beta2", "1.5")]
    [InlineData("""{"optimizer": "muon", "parameters": ["gain"], "nesterov": 1}""", "nesterov", "true or false")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain", "gain"]}""", "'gain' comes twice")]
    [InlineData("""{"optimizer": "adamw", "parameters": []}""", "at least one parameter")]
    [InlineData("""{"optimizer": "adamw", "parameters": "gain"}""", "parameters", "a list")]
    [InlineData("""{"parameters": ["gain"]}""", "config.groups[0].optimizer must be text", "missing")]
    [InlineData("""{"optimizer": "adamw"}""", "config.groups[0].parameters must be a list", "missing")]
    [InlineData("""{"optimizer": "adamw", "optimizer": "adamw", "parameters": ["gain"]}""", "each key may come once; config.groups[0].optimizer comes twice")]
    [InlineData("""{"optimizer": "adamw", "parameters": ["gain", "other"]}""", "initial/other", "missing")]
    public void A_group_that_breaks_a_rule_is_refused(string group, params string[] words)
    {
        using var file = new TraceFile();
        file.WithConfig(TraceFile.Config(group)).IsRefused(words);
    }

    [Theory]
    [InlineData("nothing", "must be JSON")]
    [InlineData("[]", "must be an object")]
    [InlineData("""{"groups": []}""", "config.steps must be a whole number above 0", "missing")]
    [InlineData("""{"steps": 2}""", "config.groups must be a list", "missing")]
    [InlineData("""{"steps": 2, "groups": []}""", "at least one group")]
    [InlineData("""{"steps": 0, "groups": []}""", "config.steps", "0 came")]
    [InlineData("""{"step": 2, "groups": []}""", "'step'", "did you mean 'steps'?")]
    public void A_configuration_that_breaks_a_rule_is_refused(string config, params string[] words)
    {
        using var file = new TraceFile();
        file.WithConfig(config).IsRefused(words);
    }

    [Fact]
    public void Another_format_is_refused()
    {
        using var file = new TraceFile();
        file.Metadata["format"] = "muonsharp-trace/2";
        file.IsRefused("muonsharp-trace/1", "'muonsharp-trace/2'");
    }

    [Theory]
    [InlineData("format")]
    [InlineData("source")]
    [InlineData("config")]
    public void Missing_metadata_is_refused(string key)
    {
        using var file = new TraceFile();
        file.Metadata.Remove(key);
        file.IsRefused($"'{key}'", "missing");
    }

    [Fact]
    public void Missing_initial_weights_are_refused()
    {
        using var file = new TraceFile();
        file.Without("initial/gain").IsRefused("'initial/gain'", "missing");
    }

    [Fact]
    public void A_parameter_with_nothing_to_compare_is_refused()
    {
        using var file = new TraceFile();
        file.Without("expected/1/gain").IsRefused("expected/STEP/gain");
    }

    [Theory]
    [InlineData("gradient/3/gain", "a step is 1 to 2")]
    [InlineData("expected/3/gain", "a step is 1 to 2")]
    [InlineData("gradient/0/gain", "gradient/STEP/NAME")]
    [InlineData("gradient/01/gain", "gradient/STEP/NAME")]
    [InlineData("gradient/gain", "gradient/STEP/NAME")]
    [InlineData("momentum/1/gain", "gradient/STEP/NAME")]
    [InlineData("gradient/1/bias", "belongs to none")]
    [InlineData("initial/bias", "belongs to none")]
    public void A_tensor_that_belongs_to_nothing_is_refused(string tensor, string words)
    {
        using var file = new TraceFile();
        file.With(tensor, [3], 1, 2, 3).IsRefused($"'{tensor}'", words);
    }

    [Theory]
    [InlineData("gradient/1/gain")]
    [InlineData("expected/1/gain")]
    public void A_tensor_of_another_shape_is_refused(string tensor)
    {
        using var file = new TraceFile();
        file.With(tensor, [3, 1], 1, 2, 3).IsRefused($"'{tensor}' is F32 [3, 1]", "F32 [3]");
    }

    [Theory]
    [InlineData("initial/gain")]
    [InlineData("expected/1/gain")]
    public void Weights_that_are_not_finite_are_refused(string tensor)
    {
        using var file = new TraceFile();
        file.With(tensor, [3], 1, float.PositiveInfinity, 3).IsRefused($"'{tensor}'", "finite");
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_refused()
    {
        using var file = new TraceFile();
        file.With("gradient/1/gain", [3], 1, float.NaN, 3).IsRefused("'gradient/1/gain'", "finite");
    }
}
