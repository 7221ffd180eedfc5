using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Optimizers.Tests;

/// <summary>The clip's factors and weights against those of the reference program.</summary>
public class QkClipGoldenTests
{
    [Theory]
    [InlineData("qk-clip-mha")]
    [InlineData("qk-clip-mha-bias")]
    [InlineData("qk-clip-gqa")]
    [InlineData("qk-clip-gqa-bias")]
    [InlineData("qk-clip-mla")]
    [InlineData("qk-clip-mla-wide")]
    [InlineData("qk-clip-never")]
    public void The_weights_are_those_of_the_reference(string name)
    {
        string folder = TestRepository.GoldenNumeric(name);
        JsonNode description = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json")))!;
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, description["file"]!.GetValue<string>()));
        double tolerance = description["tolerance"]!.GetValue<double>();
        int heads = description["heads"]!.GetValue<int>();
        int keyHeads = description["key_value_heads"]?.GetValue<int>() ?? heads;
        HeadSlice[] slices = [.. file.Tensors.Select(tensor => Slice(file, tensor, heads, keyHeads)).OfType<HeadSlice>()];
        using var clip = new QkClip([new AttentionHeads("layer", heads, keyHeads, slices)], description["tau"]!.GetValue<double>());

        clip.Observe(Read(file, "max_logit"));
        QkClipReport report = clip.Apply(AttentionRig.Done);

        float[] gamma = Read(file, "gamma");
        Assert.Equal(gamma.Count(factor => factor < 1), report.ClippedHeads);
        Assert.All(gamma, (factor, head) => Assert.Equal(factor, report[head].Factor, tolerance));
        foreach (HeadSlice slice in slices)
        {
            float[] expected = Read(file, "expected/" + slice.Parameter.Name);
            double scale = expected.Max(Math.Abs);
            Assert.All(expected, (value, i) => Assert.Equal(value, slice.Parameter.Weights.Span[i], tolerance * scale));
        }

        Assert.Equal(file.Tensors.Count(tensor => tensor.Name.StartsWith("expected/", StringComparison.Ordinal)) - 1, slices.Length);
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
        if (side == null)
        {
            return null;
        }

        int[] shape = [.. tensor.Shape.Select(size => (int)size)];
        int[] flat = shape.Length == 3 ? [shape[0] * shape[1], shape[2]] : shape;
        var parameter = new Parameter(tensor.Name, [.. flat], ParameterRole.Matrix, MemoryBlock.Of(Read(file, tensor.Name)));
        int width = flat[0] / (side == HeadSide.Key ? keyHeads : heads);
        return new HeadSlice(parameter, side.Value, 0, width, width);
    }

    private static float[] Read(SafetensorsFile file, string name)
    {
        float[] values = new float[file.Get(name).Shape.Aggregate(1L, (a, b) => a * b)];
        file.ReadFloats(name, values);
        return values;
    }
}
