using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;
using TorchSharp;
using TorchTensor = TorchSharp.torch.Tensor;

namespace MuonSharp.Peers;

/// <summary>That both sides compute the same of the same weights: results, losses, logits, gradients, and weights after two steps.</summary>
internal static class PeerChecks
{
    private const int Steps = 2;

    private static readonly string[] s_optimizers = ["adamw", "muon"];

    /// <summary>A character model, and GPT-2's form (biases, the other GELU, more heads than it is deep) in a small size.</summary>
    private static readonly (string Name, LanguageShape Shape)[] s_models = [("nanogpt-cpu", Small("nanogpt-cpu", layers: 4, heads: 4, width: 128)), ("gpt2", Small("gpt2-124m", layers: 2, heads: 3, width: 96))];

    /// <summary>Checks a group of work, on small batches, each form of it.</summary>
    /// <exception cref="InvalidOperationException">A result differs by more than <see cref="Agreement.Tolerance"/>.</exception>
    public static IEnumerable<string> Of(string group) => group switch
    {
        "conv" => Comparisons.Convolutions.SelectMany(name => ImageForm.All.Select(form => Convolution(ConvolutionSize.Parse(name) with { Batch = 3 }, form))),
        "airbench94" => ImageForm.All.Select(form => Airbench(32, form)),
        "generate" => TorchGenerate.Forms.SelectMany(form => s_models.Select(model => Generate($"generate-{model.Name}", model.Shape, form))),
        "product" => from stored in (string[])["", ":abt", ":atb"] from form in TorchProduct.Forms select MatrixChecks.Product(stored, form),
        "orthogonalize" => [MatrixChecks.Orthogonalize(64, 96), MatrixChecks.Orthogonalize(96, 64)],
        "step" =>
            from model in s_models
            from optimizer in s_optimizers
            from form in TorchStep.Forms(optimizer, bfloat16: false)
            select Step($"step-{model.Name}", model.Shape, optimizer, form),
        _ => throw new ArgumentException($"[peer] groups are {string.Join(", ", Comparisons.Groups)}; '{group}' came"),
    };

    private static string Convolution(ConvolutionSize size, string form)
    {
        Agreement agreement = new($"conv-{size.Inputs}x{size.Outputs}x{size.Window}x{size.Size}, {form}");
        float[] x = Weights.Normal("x", size.Batch * size.Size * size.Size * size.Inputs);
        float[] filters = Weights.Normal("filters", size.Outputs * size.Inputs * size.Window * size.Window);
        float[] gradient = Weights.Normal("gradient", size.Batch * size.Result * size.Result * size.Outputs);
        using WorkerTeam team = new(0);
        using Tape tape = new(team, training: true);
        Tensor images = tape.Input("x", new Images(size.Batch, size.Size, size.Size), size.Inputs, gradient: true);
        Tensor weights = tape.Input("filters", size.Outputs, size.Inputs * size.Window * size.Window, gradient: true);
        Tensor y = tape.Convolution(images, weights, bias: null, new Window(size.Window, size.Window, 1, size.Padding));
        tape.Seed(y);
        tape.Output(y);
        tape.Compile();
        x.CopyTo(images.Value);
        filters.CopyTo(weights.Value);
        tape.Forward();
        gradient.CopyTo(y.Gradient);
        tape.Backward();
        using TorchConvolution torch = new(size, form, x, filters, gradient);
        (TorchTensor theirs, IList<TorchTensor> gradients) = torch.Compute();
        agreement.Compare("the result", y.Value, ChannelsLast(theirs));
        agreement.Compare("the images' gradient", images.Gradient, ChannelsLast(gradients[0]));
        agreement.Compare("the filters' gradient", weights.Gradient, Weights.Read(gradients[1]));
        return agreement.ToString();
    }

    private static string Airbench(int batch, string form)
    {
        Agreement agreement = new($"airbench94, {form}");
        using OurAirbench94 ours = new(batch, threads: 0);
        using TorchAirbench94 theirs = new(batch, form);
        for (int step = 1; step <= Steps; step++)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            ours.Gradients();
            (TorchTensor loss, TorchTensor logits, IList<TorchTensor> gradients) = theirs.Gradients();
            agreement.Compare($"the loss of step {step}", [(float)ours.Loss], Weights.Read(loss));
            agreement.Compare($"the logits of step {step}", ours.Logits, Weights.Read(logits));
            for (int i = 0; i < gradients.Count; i++)
            {
                agreement.Compare($"{theirs.Names[i]}'s gradient of step {step}", ours.Parameters[theirs.Names[i]].Gradient.Span, Weights.Read(gradients[i]));
            }

            ours.Update();
            theirs.Update(gradients);
            for (int i = 0; i < gradients.Count; i++)
            {
                agreement.Compare($"{theirs.Names[i]} after step {step}", ours.Parameters[theirs.Names[i]].Weights.Span, Weights.Read(theirs.Parameters[i]));
            }
        }

        return agreement.ToString();
    }

    private static string Generate(string name, LanguageShape shape, string form)
    {
        Agreement agreement = new($"{name}, {form}");
        int[] tokens = Weights.Below("tokens", shape.Model.Vocabulary, Math.Min(LanguageShape.Prompt, shape.Model.Context - 1) + 1);
        using LanguageModel model = new(shape.Model, seed: 1, gradients: false);
        using DecodingSession session = new(model);
        session.Append(0, tokens.AsSpan(..^1));
        session.Step([tokens[^1]]);
        using TorchGenerate theirs = new(shape, form);
        using TorchTensor logits = theirs.Next();
        agreement.Compare("the logits", session.Logits(0), Weights.Read(logits));
        return agreement.ToString();
    }

    private static string Step(string name, LanguageShape shape, string optimizer, string form)
    {
        Agreement agreement = new($"{name} {optimizer}, {form}");
        AdamWOptions adam = new() { LearningRate = TorchAdamW.Rate, Beta1 = TorchAdamW.Beta1, Beta2 = TorchAdamW.Beta2, Epsilon = TorchAdamW.Epsilon };
        using LanguageModel model = new(shape.Model, seed: 1);
        using RoutedOptimizer update = new(model.Parameters, optimizer == "muon" ? Route.Muon(MuonPresets.KellerJordan, adam) : Route.AdamW(adam, adam), step: null, model.Model.Team);
        LanguageProgram program = model.Program(shape.Batch, shape.Time, training: true);
        using TorchStep theirs = new(shape, optimizer, form);
        int[] tokens = Weights.Below("tokens", shape.Model.Vocabulary, program.Inputs.Length + 1);
        tokens.AsSpan(..^1).CopyTo(program.Inputs);
        tokens.AsSpan(1).CopyTo(program.Targets);
        for (int step = 1; step <= Steps; step++)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            model.Parameters.ZeroGradients();
            double loss = program.Forward();
            program.Backward();
            (TorchTensor other, IList<TorchTensor> gradients) = theirs.Gradients();
            agreement.Compare($"the loss of step {step}", [(float)loss], Weights.Read(other));
            Compare(agreement, $"'s gradient of step {step}", theirs, parameter => parameter.Gradient.Span, gradients, model.Parameters);
            update.Step();
            theirs.Update(gradients);
            Compare(agreement, $" after step {step}", theirs, parameter => parameter.Weights.Span, theirs.Decoder.Parameters, model.Parameters);
        }

        return agreement.ToString();
    }

    private static void Compare(Agreement agreement, string what, TorchStep theirs, ReadParameter ours, IEnumerable<TorchTensor> tensors, ParameterStore store)
    {
        foreach ((Parameter parameter, TorchTensor tensor) in store.Parameters.Zip(tensors))
        {
            using TorchTensor stored = TorchDecoder.IsTransposed(parameter) ? tensor.t() : tensor.alias();
            ReadOnlySpan<float> values = ours(parameter), others = Weights.Read(stored);

            // What is added to all keys changes no attention: the gradient is rounding alone, of which AdamW makes whole steps.
            foreach (Range part in parameter.Name.EndsWith("c_attn.bias", StringComparison.Ordinal) ? WithoutKeys(values.Length) : [Range.All])
            {
                agreement.Compare(parameter.Name + what, values[part], others[part]);
            }
        }
    }

    private static LanguageShape Small(string name, int layers, int heads, int width)
    {
        LanguageShape shape = LanguageShape.Of($"step-{name}");
        return shape with { Model = shape.Model with { Layers = layers, Heads = heads, Width = width, Vocabulary = Math.Min(shape.Model.Vocabulary, 1000) }, Batch = 2, Time = 24 };
    }

    private static float[] ChannelsLast(TorchTensor images)
    {
        using TorchTensor view = images.permute(0, 2, 3, 1);
        return Weights.Read(view);
    }

    private static Range[] WithoutKeys(int fused) => [new(0, fused / 3), new(fused / 3 * 2, fused)];

    private delegate ReadOnlySpan<float> ReadParameter(Parameter parameter);
}
