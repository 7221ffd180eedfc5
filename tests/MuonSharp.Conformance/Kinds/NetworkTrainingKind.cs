using System.Text.Json.Nodes;
using MuonSharp.Conformance.Cases;
using MuonSharp.Conformance.Networks;
using MuonSharp.Experiments;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Conformance.Kinds;

/// <summary>A whole training run of a small network, built of public layers, by the trainer, stopped in the middle and taken up again: the loss before every update, weights and running statistics at the end, and
/// what the trained network makes of other inputs.</summary>
internal static class NetworkTrainingKind
{
    public static void Run(GoldenCase golden)
    {
        JsonObject[] layers = [.. golden.Description["layers"]!.AsArray().Select(layer => layer!.AsObject())];
        using SafetensorsFile file = golden.Tensors();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("muonsharp-network-");
        try
        {
            Run(golden, file, layers, Path.Combine(folder.FullName, "run"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The trainer steps the first half of the run; another one, with another network, takes it up from the checkpoint.</summary>
    private static void Run(GoldenCase golden, SafetensorsFile file, JsonObject[] layers, string run)
    {
        TraceConfig config = Config(golden);
        float[] losses = file.Floats("loss");
        Assert.Equal(config.Steps, losses.Length);
        Assert.Equal(config.Steps, file.Sizes("inputs")[0]);
        using (Network network = new(layers))
        using (NetworkTask task = new(golden, file, network))
        {
            Begin(file, network.Model.Parameters);
            using Trainer trainer = Trainer.Create(task, Settings(config.Steps), config.Routes(), run);
            Train(trainer, losses, golden.Tolerance("loss"), from: 1, to: (config.Steps + 1) / 2);
        }

        using Network trained = new(layers);
        using (NetworkTask task = new(golden, file, trained))
        {
            using Trainer trainer = Trainer.Resume(task, Settings(config.Steps), config.Routes(), run);
            Train(trainer, losses, golden.Tolerance("loss"), from: (int)trainer.Step + 1, to: config.Steps);
        }

        Compare(golden, file, trained.Model.Parameters);
        Evaluate(golden, file, trained);
    }

    private static TrainerSettings Settings(int steps) => new() { Steps = steps, EvaluateEvery = null, SampleEvery = null, CheckpointEvery = null };

    private static void Begin(SafetensorsFile file, ParameterStore store)
    {
        Assert.Equal(Names(file, "initial/"), store.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Names(file, "expected/"), store.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in store.Parameters)
        {
            Assert.Equal(file.Sizes("initial/" + parameter.Name), parameter.Shape);
            file.ReadFloats("initial/" + parameter.Name, parameter.Weights.Span);
        }
    }

    private static void Train(Trainer trainer, float[] losses, double tolerance, int from, int to)
    {
        List<long> steps = [];
        using CancellationTokenSource stop = new();
        foreach (TrainingEvent happened in trainer.RunAsync(stop.Token).ToBlockingEnumerable(CancellationToken.None))
        {
            if (happened is StepEvent { Line: StepLine line })
            {
                steps.Add(happened.Step);
                Tensors.Within($"loss before update {happened.Step}", Math.Abs(line.Loss - losses[happened.Step - 1]), tolerance);
                if (happened.Step == to) stop.Cancel();
            }
        }

        Assert.Equal(Enumerable.Range(from, to - from + 1).Select(step => (long)step), steps);
    }

    private static void Compare(GoldenCase golden, SafetensorsFile file, ParameterStore store)
    {
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
