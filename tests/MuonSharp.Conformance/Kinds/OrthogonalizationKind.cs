using System.Text.Json.Nodes;
using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Conformance.Kinds;

/// <summary>What each orthogonalizer makes of an input. Those of the case that the build lacks make it fail.</summary>
internal static class OrthogonalizationKind
{
    private const string Input = "input";

    public static void Run(GoldenCase golden)
    {
        using SafetensorsFile file = golden.Tensors();
        int[] shape = file.Sizes(Input);
        string[] names = [.. file.Tensors.Select(tensor => tensor.Name).Where(name => name != Input)];
        Assert.NotEmpty(names);
        Assert.All(names, name =>
        {
            float[] expected = file.Floats(name);
            float[] actual = Orthogonalize(Orthogonalizers.Get(name), file.Floats(Input), shape[0], shape[1]);
            double deviation = Tensors.Distance(actual, expected) / Tensors.Norm(expected);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {deviation:E2}");
            Tensors.Within(name, deviation, ToleranceOf(golden, name));
        });
    }

    private static double ToleranceOf(GoldenCase golden, string name) =>
        golden.Description["tolerance"] is JsonObject ? golden.Tolerance(name.Split('/')[0]) : golden.Tolerance();

    private static unsafe float[] Orthogonalize(IOrthogonalizer orthogonalizer, float[] values, int rows, int columns)
    {
        using var team = new WorkerTeam(2);
        using var input = new NativeBuffer(values.Length);
        using var output = new NativeBuffer(values.Length);
        using var scratch = new NativeBuffer(Math.Max(1, orthogonalizer.ScratchLength(rows, columns)));
        values.CopyTo(input.AsSpan());
        OrthogonalizationOutcome outcome = orthogonalizer.Orthogonalize(
            team, Matrix.Dense(input.Pointer, rows, columns), Matrix.Dense(output.Pointer, rows, columns), scratch.Pointer);
        Assert.Equal(OrthogonalizationOutcome.Regular, outcome);
        return output.AsSpan()[..values.Length].ToArray();
    }
}
