using System.Text.Json.Nodes;
using MuonSharp.Conformance.Cases;
using MuonSharp.Conformance.Models;
using MuonSharp.Experiments;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Conformance.Kinds;

/// <summary>A whole training run: the loss before every update, and the weights at the end.</summary>
internal static class TrainingKind
{
    public static void Run(GoldenCase golden)
    {
        using StoredModel model = new(golden);
        using SafetensorsFile file = golden.Tensors();
        ParameterStore store = model.Decoder.Parameters;
        TraceConfig config = Config(golden);
        using var optimizer = new RoutedOptimizer(store, config.Routes(), new StepOptions { TotalSteps = config.Steps }, model.Team);
        Dictionary<string, float[]> start = model.Tensors.Tensors.ToDictionary(tensor => tensor.Name, tensor => model.ElementsOf(tensor, gradient: false)!, StringComparer.Ordinal);
        int[] shape = file.Sizes("input_ids");
        Assert.Equal(config.Steps, shape[0]);
        int[] tokens = file.Integers("input_ids");
        float[] losses = file.Floats("loss");
        int perStep = shape[1] * shape[2];
        for (int step = 0; step < config.Steps; step++)
        {
            ReadOnlySpan<int> batch = tokens.AsSpan(step * perStep, perStep);
            LanguageProgram program = model.Program(batch, batch, shape[1], shape[2], training: true);
            store.ZeroGradients();
            Tensors.Within($"loss before update {step + 1}", Math.Abs(program.Forward() - losses[step]), golden.Tolerance("loss"));
            program.Backward();
            Assert.False(optimizer.Step().Skipped);
        }

        Assert.All(model.Tensors.Tensors, tensor =>
        {
            float[] expected = file.Floats("expected/" + tensor.Name);
            double way = Tensors.Distance(expected, start[tensor.Name]);
            Tensors.Within(tensor.Name, Tensors.Distance(model.ElementsOf(tensor, gradient: false)!, expected) / way, golden.Tolerance("weights"));
        });
    }

    public static TraceConfig Config(GoldenCase golden)
    {
        var config = new JsonObject { ["steps"] = golden.Whole("steps"), ["groups"] = golden.Description["groups"]?.DeepClone() };
        return TraceConfig.Parse(config.ToJsonString(), golden.PathOf(GoldenCase.FileName));
    }
}
