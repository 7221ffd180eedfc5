using System.Collections.Immutable;
using MuonSharp.Numerics;

namespace MuonSharp.Optimizers.Tests;

/// <summary>A store with random weights, and gradients that are a function of the step.</summary>
internal sealed class TestModel : IDisposable
{
    public TestModel(params (string Name, int[] Shape, ParameterRole Role, MatrixLayout? Layout)[] parameters)
    {
        var builder = new ParameterStoreBuilder();
        foreach ((string name, int[] shape, ParameterRole role, MatrixLayout? layout) in parameters)
        {
            builder.Add(name, [.. shape], role, layout);
        }

        Store = builder.Build(gradients: true);
        foreach (Parameter parameter in Store.Parameters)
        {
            Fill("weights/" + parameter.Name, 0, parameter.Weights.Span, 0.1f);
        }
    }

    public ParameterStore Store { get; }

    public IReadOnlyList<Parameter> Parameters => Store.Parameters;

    public Parameter this[string name] => Store[name];

    public static TestModel Matrices(params (int Rows, int Columns)[] shapes) =>
        new([.. shapes.Select((shape, i) => ($"matrix{i}", new[] { shape.Rows, shape.Columns }, ParameterRole.Matrix, (MatrixLayout?)null))]);

    /// <summary>A small language model's parameters: fused QKV stored [in, out], an MLP, tables, vectors.</summary>
    public static TestModel Language(int width = 24, int layers = 2)
    {
        MatrixLayout fused = MatrixLayout.InOut.Split(new("query", width, 2), new("key", width, 2), new("value", width, 2));
        var list = new List<(string, int[], ParameterRole, MatrixLayout?)>
        {
            ("wte", [65, width], ParameterRole.Embedding, null),
            ("wpe", [16, width], ParameterRole.Position, null),
        };
        for (int i = 0; i < layers; i++)
        {
            list.Add(($"h.{i}.ln.weight", [width], ParameterRole.Gain, null));
            list.Add(($"h.{i}.ln.bias", [width], ParameterRole.Bias, null));
            list.Add(($"h.{i}.attn.weight", [width, 3 * width], ParameterRole.Matrix, fused));
            list.Add(($"h.{i}.up.weight", [4 * width, width], ParameterRole.Matrix, null));
            list.Add(($"h.{i}.down.weight", [width, 4 * width], ParameterRole.Matrix, null));
        }

        list.Add(("head", [65, width], ParameterRole.Head, null));
        return new TestModel([.. list]);
    }

    public static void Fill(string stream, int step, Span<float> values, float scale)
    {
        new RandomStream(7, stream).FillNormal(values, (ulong)step, 0);
        foreach (ref float value in values)
        {
            value *= scale;
        }
    }

    /// <summary>Gradients of a step: the same for the same names, whatever the order or the layout of the parameters.</summary>
    public void FillGradients(int step, float scale = 0.01f)
    {
        foreach (Parameter parameter in Parameters)
        {
            Fill("gradient/" + parameter.Name, step, parameter.Gradient.Span, scale);
            parameter.HasGradient = true;
        }
    }

    public float[] Weights(string name) => Store[name].Weights.Span.ToArray();

    /// <summary>All weights, parameter after parameter.</summary>
    public float[] AllWeights() => [.. Parameters.SelectMany(parameter => parameter.Weights.Span.ToArray())];

    public void Dispose() => Store.Dispose();
}
