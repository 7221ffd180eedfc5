using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Steps the optimizers through gradients recorded from the reference programs and compares the weights.</summary>
public class GoldenTraceTests
{
    [Theory]
    [InlineData("keller-jordan")]
    [InlineData("keller-jordan-schedule")]
    [InlineData("keller-jordan-lists")]
    [InlineData("keller-jordan-missing-gradient")]
    [InlineData("keller-jordan-conv-flattened")]
    [InlineData("keller-jordan-conv-compat")]
    [InlineData("torch-original")]
    [InlineData("torch-match_rms_adamw")]
    [InlineData("torch-match_rms_adamw-plain")]
    [InlineData("torch-spectral_unclamped")]
    [InlineData("torch-missing-gradient")]
    [InlineData("moonlight")]
    [InlineData("moonlight-missing-gradient")]
    [InlineData("optax")]
    [InlineData("normuon")]
    [InlineData("normuon-missing-gradient")]
    [InlineData("airbench94")]
    [InlineData("adamw-torch")]
    [InlineData("soap")]
    [InlineData("soap-one-sided")]
    [InlineData("soap-shampoo-beta")]
    [InlineData("shampoo")]
    [InlineData("shampoo-blocks")]
    [InlineData("shampoo-ungrafted")]
    [InlineData("sgd-nesterov-torch")]
    public void The_weights_follow_the_reference(string name)
    {
        JsonNode description = JsonNode.Parse(File.ReadAllText(Path.Combine(TestRepository.Golden(name), "case.json")))!;
        using SafetensorsFile trace = SafetensorsFile.Open(Path.Combine(TestRepository.Golden(name), description["file"]!.GetValue<string>()));
        JsonNode config = JsonNode.Parse(trace.Metadata["config"])!;
        JsonNode[] groups = [.. config["groups"]!.AsArray().Select(group => group!)];
        var builder = new ParameterStoreBuilder();
        foreach (JsonNode group in groups)
        {
            MatrixLayout? layout = (string?)group["orientation"] == "in-out" ? MatrixLayout.InOut : null;
            foreach (string parameter in Names(group))
            {
                builder.Add(parameter, [.. trace.Get("initial/" + parameter).Shape.Select(size => (int)size)], ParameterRole.Matrix, layout);
            }
        }

        using ParameterStore store = builder.Build(gradients: true);
        foreach (Parameter parameter in store.Parameters)
        {
            trace.ReadFloats("initial/" + parameter.Name, parameter.Weights.Span);
        }

        Route[] routes = [.. groups.Select((group, i) => new Route($"group{i}", Route.Matrices, Options(group)) { Condition = p => Names(group).Contains(p.Name) })];
        using var team = new WorkerTeam(2);
        using var optimizer = new RoutedOptimizer(store, routes, team: team);
        double worst = 0;
        int compared = 0;
        for (int step = 1; step <= config["steps"]!.GetValue<int>(); step++)
        {
            foreach (Parameter parameter in store.Parameters)
            {
                parameter.HasGradient = trace.TryGet($"gradient/{step}/{parameter.Name}", out _);
                parameter.Gradient.Span.Fill(float.NaN);
                if (parameter.HasGradient)
                {
                    trace.ReadFloats($"gradient/{step}/{parameter.Name}", parameter.Gradient.Span);
                }
            }

            Assert.False(optimizer.Step().Skipped);
            foreach (Parameter parameter in store.Parameters)
            {
                if (trace.TryGet($"expected/{step}/{parameter.Name}", out _))
                {
                    worst = Math.Max(worst, Deviation(trace, step, parameter));
                    compared++;
                }
            }
        }

        Assert.True(compared > 0);
        Assert.True(worst < description["tolerance"]!.GetValue<double>(), $"worst deviation {worst:E2}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: worst deviation {worst:E2} over {compared} comparisons");
    }

    private static double Deviation(SafetensorsFile trace, int step, Parameter parameter)
    {
        var expected = new float[parameter.Length];
        var initial = new float[parameter.Length];
        trace.ReadFloats($"expected/{step}/{parameter.Name}", expected);
        trace.ReadFloats($"initial/{parameter.Name}", initial);
        return Compare.Deviation(parameter.Weights.Span, [.. expected.Select(value => (double)value)], initial);
    }

    private static string[] Names(JsonNode group) => [.. group["parameters"]!.AsArray().Select(name => name!.GetValue<string>())];

    private static OptimizerOptions Options(JsonNode group) => group["optimizer"]!.GetValue<string>() switch
    {
        "muon" => Muon(group),
        "adamw" => Adam(group),
        "soap" => Soap(group),
        "shampoo" => Shampoo(group),
        "sgd" => new Sgd.Options
        {
            LearningRate = Value(group["learning_rate"])!,
            WeightDecay = Value(group["weight_decay"])!,
            Momentum = Value(group["momentum"])!,
            Nesterov = group["nesterov"]!.GetValue<bool>(),
        },
        var other => throw new ArgumentException($"[golden] the optimizers are muon, adamw, soap, shampoo and sgd; {other}"),
    };

    private static MuonOptions Muon(JsonNode group)
    {
        MuonOptions muon = MuonPresets.ByName[group["preset"]!.GetValue<string>()];
        return muon with
        {
            LearningRate = Value(group["learning_rate"]) ?? muon.LearningRate,
            WeightDecay = Value(group["weight_decay"]) ?? muon.WeightDecay,
            Momentum = Value(group["momentum"]) ?? muon.Momentum,
            Nesterov = (bool?)group["nesterov"] ?? muon.Nesterov,
            Scale = group["scale"] is { } scale ? UpdateScale.ByName[scale.GetValue<string>()] : muon.Scale,
            Compat = (string?)group["compat"] == "keller-jordan-conv-scale" ? MuonCompat.KellerJordanConvScale : MuonCompat.None,
            RowNormalization = muon.RowNormalization == null ? null : muon.RowNormalization with { Beta2 = group["beta2"]!.GetValue<double>() },
        };
    }

    private static AdamWOptions Adam(JsonNode group)
    {
        AdamWOptions adam = AdamWPresets.ByName[(string?)group["preset"] ?? "torch"];
        return adam with
        {
            LearningRate = Value(group["learning_rate"]) ?? adam.LearningRate,
            WeightDecay = Value(group["weight_decay"]) ?? adam.WeightDecay,
            Beta1 = Value(group["beta1"]) ?? adam.Beta1,
            Beta2 = group["beta2"]!.GetValue<double>(),
            Epsilon = group["epsilon"]!.GetValue<double>(),
            Nesterov = (bool?)group["nesterov"] ?? adam.Nesterov,
        };
    }

    private static SoapOptions Soap(JsonNode group) => new()
    {
        LearningRate = Value(group["learning_rate"])!,
        WeightDecay = Value(group["weight_decay"])!,
        Beta1 = Value(group["beta1"])!,
        Beta2 = group["beta2"]!.GetValue<double>(),
        Epsilon = group["epsilon"]!.GetValue<double>(),
        PreconditionFrequency = group["precondition_frequency"]!.GetValue<int>(),
        ShampooBeta = (double?)group["shampoo_beta"],
        MaximumPreconditionerDimension = (int?)group["max_preconditioner_dimension"] ?? 10000,
    };

    private static ShampooOptions Shampoo(JsonNode group) => new()
    {
        LearningRate = Value(group["learning_rate"])!,
        WeightDecay = Value(group["weight_decay"])!,
        Beta1 = Value(group["beta1"])!,
        Beta2 = group["beta2"]!.GetValue<double>(),
        Epsilon = group["epsilon"]!.GetValue<double>(),
        PreconditionFrequency = group["precondition_frequency"]!.GetValue<int>(),
        BlockSize = group["block_size"]!.GetValue<int>(),
        Grafting = group["grafting"]!.GetValue<string>() == "none" ? ShampooGrafting.None : ShampooGrafting.Adam,
        GraftingBeta2 = (double?)group["grafting_beta2"] ?? 0.95,
        GraftingEpsilon = (double?)group["grafting_epsilon"] ?? 1e-8,
    };

    private static Schedule? Value(JsonNode? node) => node switch
    {
        null => null,
        JsonArray list => new ListSchedule([.. list.Select(value => value!.GetValue<double>())]),
        _ => node.GetValue<double>(),
    };
}
