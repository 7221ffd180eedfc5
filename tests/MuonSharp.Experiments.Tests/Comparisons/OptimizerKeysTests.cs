using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class OptimizerKeysTests
{
    private static readonly Dictionary<string, string[]> s_values = new(StringComparer.Ordinal)
    {
        ["optimizer.preset"] = ["torch", "moonlight"],
        ["optimizer.orthogonalizer"] = ["exact", "zolotarev/3"],
        ["optimizer.learningRate"] = ["0.1", "0.2"],
        ["optimizer.momentum"] = ["0.7", "0.8"],
        ["optimizer.momentumWarmup"] = ["10", "20"],
        ["optimizer.weightDecay"] = ["0.1", "0.2"],
        ["optimizer.clipNorm"] = ["1", "2"],
        ["optimizer.auxiliary.learningRate"] = ["0.1", "0.2"],
        ["optimizer.auxiliary.beta1"] = ["0.1", "0.2"],
        ["optimizer.auxiliary.beta2"] = ["0.1", "0.2"],
        ["optimizer.auxiliary.epsilon"] = ["0.1", "0.2"],
        ["optimizer.auxiliary.weightDecay"] = ["0.1", "0.2"],
        ["optimizer.schedule.name"] = ["linear", "cosine"],
        ["optimizer.schedule.warmup"] = ["10", "20"],
        ["optimizer.schedule.decayShare"] = ["0.1", "0.2"],
        ["optimizer.schedule.floor"] = ["0.1", "0.2"],
        ["optimizer.missingGradient"] = ["skip", "zero"],
        ["optimizer.form"] = ["sum", "bias-corrected-ema"],
        ["optimizer.nesterov"] = ["true", "false"],
        ["optimizer.coefficients"] = ["polar-express5", "[3, -4, 2]"],
        ["optimizer.stepsPerOrthogonalization"] = ["3", "4"],
        ["optimizer.orthogonalizerEpsilon"] = ["1e-5", "1e-6"],
        ["optimizer.normFloor"] = ["sum", "maximum"],
        ["optimizer.rowNormalization"] = ["true", "false"],
        ["optimizer.beta1"] = ["0.1", "0.2"],
        ["optimizer.beta2"] = ["0.1", "0.2"],
        ["optimizer.rowEpsilon"] = ["0.1", "0.2"],
        ["optimizer.scale"] = ["original", "none"],
        ["optimizer.normalizeWeights"] = ["true", "false"],
        ["optimizer.compat"] = ["none", "mlx-coupled-decay"],
        ["optimizer.epsilon"] = ["0.1", "0.2"],
        ["optimizer.epsilonPlace"] = ["before-correction", "after-correction"],
        ["optimizer.preconditionFrequency"] = ["5", "6"],
        ["optimizer.blockSize"] = ["5", "6"],
        ["optimizer.grafting"] = ["adam", "none"],
        ["optimizer.graftingBeta2"] = ["0.1", "0.2"],
        ["optimizer.graftingEpsilon"] = ["0.1", "0.2"],
        ["optimizer.shampooBeta"] = ["0.1", "0.2"],
        ["optimizer.maxPreconditionerDimension"] = ["5", "6"],
        ["optimizer.auxiliary.missingGradient"] = ["skip", "zero"],
        ["optimizer.auxiliary.epsilonPlace"] = ["before-correction", "after-correction"],
        ["optimizer.auxiliary.nesterov"] = ["true", "false"],
    };

    /// <summary>Options of Muon that need one of its forms.</summary>
    private static readonly string[] s_ofForm = ["coefficients", "stepsPerOrthogonalization", "orthogonalizerEpsilon", "normFloor", "beta2", "rowEpsilon"];

    public static TheoryData<string> Names => [.. OptimizerKinds.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_key_is_used_if_and_only_if_another_value_makes_another_optimizer(string name)
    {
        string[] keys = [.. ConfigKeys.All.Select(key => key.Name).Where(key => key.StartsWith("optimizer.", StringComparison.Ordinal) && key != "optimizer.name")];
        Assert.Equal(keys.Order(StringComparer.Ordinal), s_values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            keys.Where(OptimizerChoice.Parse(name).Uses),
            keys.Where(key => Made(name, key, Value(key, 0)) != Made(name, key, Value(key, 1))));

        // The one preset that normuon is.
        string Value(string key, int which) => name == "normuon" && key == "optimizer.preset" ? "normuon" : s_values[key][which];
    }

    private static string Made(string name, string key, string value)
    {
        TrainingConfigBuilder builder = new();
        builder.Set("optimizer.name", name);
        _ = name == "muon" && s_ofForm.Contains(key["optimizer.".Length..], StringComparer.Ordinal) ? builder.Set("optimizer.preset", "normuon") : builder;
        TrainingConfig config = (key == "optimizer.schedule.name" ? builder : builder.Set("optimizer.schedule.name", "warmup-stable-decay")).Set(key, value).Build();
        return string.Join('\n', OptimizerKinds.Routes(config.Optimizer).Select(Text)) + OptimizerKinds.StepOptions(config);
    }

    private static string Text(Route route) => $"{route.Group} {route.Options}"
        + ((route.Options as MuonOptions)?.Orthogonalizer is NewtonSchulz own ? $"{own.Epsilon} {own.Floor} {string.Join(' ', own.Steps)}" : "");
}
