using System.Text.Json.Nodes;
using MuonSharp.Conformance.Cases;
using MuonSharp.Conformance.Models;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Conformance.Kinds;

/// <summary>A stored model: logits, loss and every gradient are the reference's, and so is what it writes greedily.</summary>
internal static class ModelKind
{
    public static void Run(GoldenCase golden)
    {
        using StoredModel model = new(golden);
        using SafetensorsFile file = SafetensorsFile.Open(golden.PathOf("golden.safetensors"));
        int[] shape = file.Sizes("input_ids");
        (int[] inputs, int[] labels) = (file.Integers("input_ids"), file.Integers("labels"));
        double loss = file.Floats("loss")[0];

        LanguageProgram inference = model.Program(inputs, labels, shape[0], shape[1], training: false);
        Tensors.Within("loss", Math.Abs(inference.Forward() - loss), golden.Tolerance("loss"));
        CheckLogits(golden, inference, file.Floats("logits"));

        model.Decoder.Parameters.ZeroGradients();
        LanguageProgram training = model.Program(inputs, labels, shape[0], shape[1], training: true);
        Tensors.Within("loss of training", Math.Abs(training.Forward() - loss), golden.Tolerance("loss"));
        training.Backward();
        Assert.All(model.Tensors.Tensors, tensor => CheckGradient(golden, model, tensor, file));
        CheckGreedy(golden, model);
    }

    private static void CheckLogits(GoldenCase golden, LanguageProgram program, float[] expected)
    {
        float[] row = new float[program.Vocabulary];
        double worst = 0;
        for (int position = 0; position < program.Batch * program.Time; position++)
        {
            program.Logits(position / program.Time, position % program.Time, row);
            for (int i = 0; i < row.Length; i++)
            {
                double difference = Math.Abs((double)row[i] - expected[(position * row.Length) + i]);
                worst = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(worst, difference);
            }
        }

        Tensors.Within("logits", worst, golden.Tolerance("logits"));
    }

    private static void CheckGradient(GoldenCase golden, StoredModel model, StoredTensor tensor, SafetensorsFile file)
    {
        if (model.ElementsOf(tensor, gradient: true) is not { } gradient) return;
        float[] expected = file.Floats("gradient/" + tensor.Name);
        Tensors.Within($"gradient of {tensor.Name}", Tensors.Distance(gradient, expected) / Tensors.Norm(expected), golden.Tolerance("gradient"));
    }

    private static void CheckGreedy(GoldenCase golden, StoredModel model)
    {
        if (golden.Description["greedy"] is not { } greedy) return;
        int[] prompt = [.. greedy["prompt"]!.AsArray().Select(Token)];
        int[] continuation = [.. greedy["continuation"]!.AsArray().Select(Token)];
        int[] tokens = [.. prompt, .. new int[continuation.Length]];
        int[] unlabelled = new int[tokens.Length];
        Array.Fill(unlabelled, -1);
        LanguageProgram program = model.Program(tokens, unlabelled, 1, tokens.Length, training: false);
        float[] row = new float[program.Vocabulary];
        for (int at = prompt.Length; at < tokens.Length; at++)
        {
            program.Forward();
            program.Logits(0, at - 1, row);
            program.Inputs[at] = tokens[at] = Array.IndexOf(row, row.Max());
        }

        Assert.Equal(continuation, tokens[prompt.Length..]);
        using var session = new DecodingSession(model.Decoder);
        session.Append(0, prompt);
        int[] cached = new int[continuation.Length];
        for (int at = 0; at < cached.Length; at++)
        {
            session.Logits(0).CopyTo(row);
            cached[at] = Array.IndexOf(row, row.Max());
            session.Step(cached.AsSpan(at, 1));
        }

        Assert.Equal(continuation, cached);
    }

    private static int Token(JsonNode? node) => (int)node!;
}
