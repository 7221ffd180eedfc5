using System.Collections.Immutable;
using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Conformance.Kinds;

/// <summary>The network of the CIFAR-10 speedrun: logits, loss and gradients of a batch, the running statistics after it, the logits of an evaluation, and the whitening of its images.</summary>
internal static class ImageNetworkKind
{
    public static void Run(GoldenCase golden)
    {
        Assert.Equal(("airbench94", "sum"), (golden.Text("network"), golden.Text("reduction")));
        using SafetensorsFile file = golden.Tensors();
        ModelBuilder builder = new(seed: 1);
        Airbench94 network = new(builder, new Airbench94Options { Widths = [.. golden.Description["widths"]!.AsArray().Select(width => (int)width!)] });
        using Model model = builder.Build();
        CompareWhitening(golden, file, network, model);
        string[] stored = Names(file, "parameter/"), running = Names(file, "running/");
        Assert.Equal(
            stored.Concat(running).Order(StringComparer.Ordinal),
            model.Parameters.Parameters.Select(parameter => parameter.Name).Concat(model.Parameters.Buffers.Select(buffer => buffer.Name)).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in model.Parameters.Parameters) Read(file, parameter.Name, parameter.Shape, parameter.Weights);
        foreach (ModelBuffer buffer in model.Parameters.Buffers.Where(buffer => stored.Contains(buffer.Name))) Read(file, buffer.Name, buffer.Shape, buffer.Values);
        Train(golden, file, network, model);
        foreach (string name in running) Compare(golden, file, "running/" + name, model.Parameters.Buffers.Single(buffer => buffer.Name == name).Values.Span);
        Evaluate(golden, file, network, model);
    }

    private static void Train(GoldenCase golden, SafetensorsFile file, Airbench94 network, Model model)
    {
        using Tape tape = model.NewTape(training: true);
        (Tensor input, Tensor logits) = Record(tape, file, network);
        TokenBuffer labels = tape.Tokens("labels", logits.Rows);
        Loss loss = tape.CrossEntropy(logits, labels, golden.Number("label_smoothing"));
        loss.GradientScale = logits.Rows;
        tape.Compile();
        file.ReadFloats("images", input.Value);
        file.Integers("labels").CopyTo(labels.Span);
        tape.Forward();
        Compare(golden, file, "logits", logits.Value);
        Compare(golden, file, "loss", [(float)loss.Sum]);
        tape.Backward();
        Assert.Equal(Names(file, "gradient/"), model.Parameters.Parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        foreach (Parameter parameter in model.Parameters.Parameters) Compare(golden, file, "gradient/" + parameter.Name, parameter.Gradient.Span);
    }

    private static void Evaluate(GoldenCase golden, SafetensorsFile file, Airbench94 network, Model model)
    {
        using Tape tape = model.NewTape(training: false);
        (Tensor input, Tensor logits) = Record(tape, file, network);
        tape.Compile();
        file.ReadFloats("images", input.Value);
        tape.Forward();
        Compare(golden, file, "evaluation_logits", logits.Value);
    }

    /// <summary>W₊ᵀ W₊ of the positive half, which the order and the signs of the eigenvectors do not change.</summary>
    private static void CompareWhitening(GoldenCase golden, SafetensorsFile file, Airbench94 network, Model model)
    {
        float[] planes = file.Floats("images");
        int[] shape = file.Sizes("images");
        Images size = new(shape[0], shape[2], shape[3]);
        float[] pixels = new float[planes.Length];
        for (int i = 0; i < planes.Length; i++) pixels[(((i / (shape[1] * size.Pixels) * size.Pixels) + (i % size.Pixels)) * shape[1]) + (i / size.Pixels % shape[1])] = planes[i];
        network.Whiten(model.Team, pixels, size);
        ReadOnlySpan<float> filters = network.Whitening.FrozenWeight!.Values.Span;
        int length = file.Sizes("whitening")[0];
        float[] product = new float[length * length];
        for (int i = 0; i < product.Length; i++)
        {
            double sum = 0;
            for (int filter = 0; filter < length; filter++) sum += (double)filters[(filter * length) + (i / length)] * filters[(filter * length) + (i % length)];
            product[i] = (float)sum;
        }

        Compare(golden, file, "whitening", product);
        for (int i = 0; i < length * length; i++) Assert.Equal(-filters[i], filters[(length * length) + i]);
    }

    private static (Tensor Input, Tensor Logits) Record(Tape tape, SafetensorsFile file, Airbench94 network)
    {
        int[] shape = file.Sizes("images");
        Tensor input = tape.Input("images", shape[0], shape[1] * shape[2] * shape[3]);
        Tensor logits = network.Record(tape, tape.ImagesFromPlanes(input, shape[2], shape[3]));
        tape.Output(logits);
        return (input, logits);
    }

    private static void Read(SafetensorsFile file, string name, ImmutableArray<int> shape, MemoryBlock to)
    {
        Assert.Equal(file.Sizes("parameter/" + name), shape);
        file.ReadFloats("parameter/" + name, to.Span);
    }

    private static string[] Names(SafetensorsFile file, string prefix) =>
        [.. file.Tensors.Select(tensor => tensor.Name).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).Order(StringComparer.Ordinal)];

    private static void Compare(GoldenCase golden, SafetensorsFile file, string name, ReadOnlySpan<float> actual)
    {
        float[] expected = file.Floats(name);
        Tensors.Within($"{golden.Folder}: {name}", Tensors.Distance(actual, expected) / Math.Max(Tensors.Norm(expected), float.Epsilon), golden.Tolerance());
    }
}
