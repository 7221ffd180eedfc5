using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Conformance.Kinds;

/// <summary>One layer of an image network: its output, the gradients of its input and its parameters for a given gradient of the output, and what it computes after training.</summary>
internal static class LayerKind
{
    private static readonly Dictionary<string, Func<ModelBuilder, GoldenCase, SafetensorsFile, ILayer>> s_layers = new(StringComparer.Ordinal)
    {
        ["conv2d"] = Convolution,
        ["max_pool2d"] = (_, golden, _) => new MaxPool2d(golden.Whole("kernel")),
        ["global_average_pool2d"] = (_, _, _) => new GlobalAveragePool2d(),
        ["batch_norm2d"] = (builder, golden, file) => new BatchNorm(
            builder, "layer", file.Sizes("input")[1], (float)golden.Number("epsilon"), golden.Number("momentum")),
    };

    public static void Run(GoldenCase golden)
    {
        using SafetensorsFile file = golden.Tensors();
        if (golden.Text("layer") == "cross_entropy")
        {
            CrossEntropy(golden, file);
            return;
        }

        Assert.True(
            s_layers.TryGetValue(golden.Text("layer"), out Func<ModelBuilder, GoldenCase, SafetensorsFile, ILayer>? make),
            $"the layers are {string.Join(", ", s_layers.Keys)}; '{golden.Text("layer")}' came");

        // A builder builds a model, and a model has at least one parameter.
        ModelBuilder builder = new(seed: 1);
        ILayer layer = make(builder, golden, file);
        if (builder.Parameters.Count == 0) builder.Parameter("unused", [1], ParameterRole.Bias, Initializers.Zeros);
        using Model model = builder.Build();
        foreach (Parameter parameter in Parameters(model)) file.ReadFloats("parameter/" + parameter.Name["layer.".Length..], parameter.Weights.Span);
        Train(golden, file, layer, model);
        if (file.Tensors.Any(tensor => tensor.Name == "evaluation_output")) Evaluate(golden, file, layer, model);
    }

    private static void Train(GoldenCase golden, SafetensorsFile file, ILayer layer, Model model)
    {
        using Tape tape = model.NewTape(training: true);
        (Tensor input, Tensor y) = Record(tape, file, layer);
        tape.Seed(y);
        tape.Compile();
        file.ReadFloats("input", input.Value);
        tape.Forward();
        Compare(golden, file, "output", y.Value);
        file.ReadFloats("upstream", y.Gradient);
        tape.Backward();
        Compare(golden, file, "gradient/input", input.Gradient);
        foreach (Parameter parameter in Parameters(model)) Compare(golden, file, "gradient/" + parameter.Name["layer.".Length..], parameter.Gradient.Span);
        foreach (ModelBuffer buffer in model.Parameters.Buffers) Compare(golden, file, buffer.Name["layer.".Length..], buffer.Values.Span);
        string[] gradients = [.. file.Tensors.Select(tensor => tensor.Name).Where(name => name.StartsWith("gradient/", StringComparison.Ordinal))];
        Assert.Equal(gradients.Length, 1 + Parameters(model).Count());
    }

    private static void Evaluate(GoldenCase golden, SafetensorsFile file, ILayer layer, Model model)
    {
        using Tape tape = model.NewTape(training: false);
        (Tensor input, Tensor y) = Record(tape, file, layer);
        tape.Compile();
        file.ReadFloats("input", input.Value);
        tape.Forward();
        Compare(golden, file, "evaluation_output", y.Value);
    }

    /// <summary>The layer between images in planes, as the file has them.</summary>
    private static (Tensor Input, Tensor Y) Record(Tape tape, SafetensorsFile file, ILayer layer)
    {
        int[] shape = file.Sizes("input");
        Tensor input = tape.Input("input", shape[0], shape[1] * shape[2] * shape[3], gradient: true);
        Tensor y = layer.Record(tape, tape.ImagesFromPlanes(input, shape[2], shape[3]));
        y = y.Images is null ? y : tape.Flatten(y);
        tape.Output(y);
        return (input, y);
    }

    private static Conv2d Convolution(ModelBuilder builder, GoldenCase golden, SafetensorsFile file)
    {
        int[] shape = file.Sizes("parameter/weight");
        bool bias = file.Tensors.Any(tensor => tensor.Name == "parameter/bias");
        return new Conv2d(builder, "layer", shape[1], shape[0], new Window(shape[2], shape[3], golden.Whole("stride"), golden.Whole("padding")), bias);
    }

    /// <summary>The loss of given logits; the case's is a sum over the rows.</summary>
    private static void CrossEntropy(GoldenCase golden, SafetensorsFile file)
    {
        Assert.Equal("sum", golden.Text("reduction"));
        using Numerics.WorkerTeam team = new(2);
        using Tape tape = new(team, training: true);
        int[] shape = file.Sizes("input");
        Tensor logits = tape.Input("logits", shape[0], shape[1], gradient: true);
        TokenBuffer targets = tape.Tokens("targets", shape[0]);
        Loss loss = tape.CrossEntropy(logits, targets, golden.Number("label_smoothing"));
        loss.GradientScale = shape[0];
        tape.Compile();
        file.ReadFloats("input", logits.Value);
        file.Integers("labels").CopyTo(targets.Span);
        tape.Forward();
        tape.Backward();
        Compare(golden, file, "output", [(float)loss.Sum]);
        Compare(golden, file, "gradient/input", logits.Gradient);
    }

    private static IEnumerable<Parameter> Parameters(Model model) => model.Parameters.Parameters.Where(parameter => parameter.Name != "unused");

    private static void Compare(GoldenCase golden, SafetensorsFile file, string name, ReadOnlySpan<float> actual)
    {
        float[] expected = file.Floats(name);
        Tensors.Within($"{golden.Folder}: {name}", Tensors.Distance(actual, expected) / Math.Max(Tensors.Norm(expected), float.Epsilon), golden.Tolerance());
    }
}
