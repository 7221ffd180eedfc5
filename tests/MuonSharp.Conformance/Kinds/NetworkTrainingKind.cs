using System.Text.Json.Nodes;
using MuonSharp.Conformance.Cases;
using MuonSharp.Conformance.Networks;
using MuonSharp.Experiments;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Conformance.Kinds;

/// <summary>A whole training run of a small network, built of public layers: the loss before every update, weights and running statistics at the end, and
/// what the trained network makes of other inputs.</summary>
internal static class NetworkTrainingKind
{
    public static void Run(GoldenCase golden)
    {
        JsonObject[] layers = [.. golden.Description["layers"]!.AsArray().Select(layer => layer!.AsObject())];
        if (Network.Missing(layers) is { } missing) Assert.Skip($"{golden.Folder}: this build has no layer '{missing}' yet");

        using SafetensorsFile file = golden.Tensors();
        using Network network = new(layers);
        ParameterStore store = network.Model.Parameters;
        Assert.Equal(Names(file, "initial/"), store.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Names(file, "expected/"), store.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in store.Parameters)
        {
            Assert.Equal(file.Sizes("initial/" + parameter.Name), parameter.Shape);
            file.ReadFloats("initial/" + parameter.Name, parameter.Weights.Span);
        }

        Train(golden, file, network);
        Assert.All(store.Parameters, parameter =>
        {
            float[] expected = file.Floats("expected/" + parameter.Name);
            double way = Math.Max(Tensors.Distance(expected, file.Floats("initial/" + parameter.Name)), float.Epsilon);
            Tensors.Within(parameter.Name, Tensors.Distance(parameter.Weights.Span, expected) / way, golden.Tolerance("weights"));
        });
        Assert.Equal(Names(file, "expected_buffer/"), store.Buffers.Select(buffer => buffer.Name).Order(StringComparer.Ordinal));
        Assert.All(store.Buffers, buffer =>
        {
            float[] expected = file.Floats("expected_buffer/" + buffer.Name);
            Tensors.Within(buffer.Name, Tensors.Distance(buffer.Values.Span, expected) / Tensors.Norm(expected), golden.Tolerance("weights"));
        });
        Evaluate(golden, file, network);
    }

    private static void Train(GoldenCase golden, SafetensorsFile file, Network network)
    {
        TraceConfig config = Config(golden);
        ParameterStore store = network.Model.Parameters;
        using RoutedOptimizer optimizer = new(store, config.Routes(), new StepOptions { TotalSteps = config.Steps }, network.Model.Team);
        int[] shape = file.Sizes("inputs");
        Assert.Equal(config.Steps, shape[0]);
        float[] losses = file.Floats("loss");
        Assert.Equal(config.Steps, losses.Length);
        using Tape tape = network.Model.NewTape(training: true);
        NetworkInput input = NetworkInput.Of(tape, file, "inputs", shape.AsSpan(1));
        Tensor y = network.Record(tape, input);
        NetworkLoss loss = new(tape, y, golden.Description["loss"]!.AsObject(), file);
        tape.Compile();
        for (int step = 0; step < config.Steps; step++)
        {
            input.Write(step);
            loss.Write(step);
            store.ZeroGradients();
            tape.Forward();
            Tensors.Within($"loss before update {step + 1}", Math.Abs(loss.Loss.Mean - losses[step]), golden.Tolerance("loss"));
            tape.Backward();
            Assert.False(optimizer.Step().Skipped);
        }
    }

    private static void Evaluate(GoldenCase golden, SafetensorsFile file, Network network)
    {
        using Tape tape = network.Model.NewTape(training: false);
        NetworkInput input = NetworkInput.Of(tape, file, "evaluation/input", file.Sizes("evaluation/input"));
        Tensor y = network.Record(tape, input);
        tape.Output(y);
        tape.Compile();
        input.Write(0);
        tape.Forward();
        float[] expected = file.Floats("evaluation/output"), actual = y.Value.ToArray();
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected, (value, i) => Tensors.Within(
            $"output {i} of the evaluation", Math.Abs(actual[i] - value) / Math.Max(1, Math.Abs(value)), golden.Tolerance("evaluation")));
    }

    /// <summary>The groups of the case. Its SGD looks ahead, though it does not say so: the recorded losses and weights are those of Nesterov's form alone.</summary>
    private static TraceConfig Config(GoldenCase golden)
    {
        foreach (JsonNode? group in golden.Description["groups"]!.AsArray())
        {
            if ((string?)group!["optimizer"] == "sgd" && group["preset"] is null && group["nesterov"] is null) group["nesterov"] = true;
        }

        return TrainingKind.Config(golden);
    }

    private static IEnumerable<string> Names(SafetensorsFile file, string prefix) => file.Tensors
        .Select(tensor => tensor.Name).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).Order(StringComparer.Ordinal);
}
