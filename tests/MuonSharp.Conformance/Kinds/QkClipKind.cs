using System.Collections.Immutable;
using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Conformance.Kinds;

/// <summary>A clip of attention logits: each head's factor, the weights after it, and the logits that they give.</summary>
internal static class QkClipKind
{
    private const string ExpectedPrefix = "expected/";
    private const string MaximumLogits = "max_logit";

    public static void Run(GoldenCase golden)
    {
        using SafetensorsFile file = golden.Tensors();
        int heads = golden.Whole("heads");
        int keyHeads = (int?)golden.Description["key_value_heads"] ?? heads;
        HeadSlice[] slices = [.. file.Tensors.Select(tensor => Slice(file, tensor, heads, keyHeads)).OfType<HeadSlice>()];
        using var clip = new QkClip([new AttentionHeads("layer", heads, keyHeads, slices)], golden.Number("tau"));
        clip.Observe(file.Floats(MaximumLogits));
        QkClipReport report = clip.Apply(skipped: false);

        float[] gamma = file.Floats("gamma");
        Assert.Equal(gamma.Count(factor => factor < 1), report.ClippedHeads);
        Assert.All(gamma, (factor, head) => Tensors.Within($"factor of head {head}", Math.Abs(report[head].Factor - factor), golden.Tolerance()));
        Assert.Equal(
            file.Tensors.Select(tensor => tensor.Name).Where(name => name.StartsWith(ExpectedPrefix, StringComparison.Ordinal) && name != ExpectedPrefix + MaximumLogits).Order(StringComparer.Ordinal),
            slices.Select(slice => ExpectedPrefix + slice.Parameter.Name).Order(StringComparer.Ordinal));
        Assert.All(slices, slice =>
        {
            float[] expected = file.Floats(ExpectedPrefix + slice.Parameter.Name);
            Tensors.Within(slice.Parameter.Name, Tensors.Distance(slice.Parameter.Weights.Span, expected) / Tensors.Norm(expected), golden.Tolerance());
        });
        if (!((bool?)golden.Description["rotary"] ?? false)) CheckLogits(golden, file, slices, heads, keyHeads);
    }

    private static void CheckLogits(GoldenCase golden, SafetensorsFile file, HeadSlice[] slices, int heads, int keyHeads)
    {
        float[] expected = file.Floats(ExpectedPrefix + MaximumLogits);
        Dictionary<string, float[]> weights = slices.ToDictionary(slice => slice.Parameter.Name, slice => slice.Parameter.Weights.Span.ToArray(), StringComparer.Ordinal);
        double[] actual = new AttentionLogits(file, weights).Maxima(heads, keyHeads);
        Assert.All(expected, (logit, head) =>
            Tensors.Within($"greatest logit of head {head}", Math.Abs(actual[head] - logit) / Math.Max(1, Math.Abs(logit)), golden.Tolerance()));
    }

    /// <summary>A tensor that the clip scales; null for the others. [heads, width of a part, inputs] is stored as one matrix here.</summary>
    private static HeadSlice? Slice(SafetensorsFile file, TensorEntry tensor, int heads, int keyHeads)
    {
        HeadSide? side = tensor.Name switch
        {
            "q.weight" or "q.bias" or "q_nope.weight" => HeadSide.Query,
            "k.weight" or "k.bias" or "k_nope.weight" => HeadSide.Key,
            "q_rope.weight" => HeadSide.QueryOfSharedKey,
            _ => null,
        };
        if (side is null) return null;
        int[] shape = file.Sizes(tensor.Name);
        ImmutableArray<int> flat = shape.Length == 3 ? [shape[0] * shape[1], shape[2]] : [.. shape];
        int width = flat[0] / (side == HeadSide.Key ? keyHeads : heads);
        var parameter = new Parameter(tensor.Name, flat, ParameterRole.Matrix, MemoryBlock.Of(file.Floats(tensor.Name)));
        return new HeadSlice(parameter, side.Value, 0, width, width);
    }
}
