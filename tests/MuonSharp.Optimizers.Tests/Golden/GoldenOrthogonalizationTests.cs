using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Optimizers.Tests;

/// <summary>Every orthogonalizer against matrices that numpy made from the formulas in double precision (tests/golden/numeric).</summary>
public class GoldenOrthogonalizationTests
{
    private static readonly string s_folder = Path.Combine(TestRepository.Root, "tests", "golden", "numeric");

    public static TheoryData<string> Cases =>
        [.. Directory.GetDirectories(s_folder, "orthogonalization-*").Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_orthogonalizer_follows_its_formula(string name)
    {
        JsonNode description = JsonNode.Parse(File.ReadAllText(Path.Combine(s_folder, name, "case.json")))!;
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(s_folder, name, description["file"]!.GetValue<string>()));
        TensorEntry entry = file.Get("input");
        (int rows, int columns) = ((int)entry.Shape[0], (int)entry.Shape[1]);
        var input = new float[rows * columns];
        file.ReadFloats("input", input);
        int compared = 0;
        foreach (TensorEntry tensor in file.Tensors.Where(tensor => tensor.Name != "input"))
        {
            string orthogonalizer = tensor.Name;
            var expected = new float[input.Length];
            file.ReadFloats(tensor.Name, expected);
            float[] actual = OrthogonalizerCase.Run(
                Orthogonalizers.Get(orthogonalizer), input, rows, columns, null, out OrthogonalizationOutcome outcome);
            double distance = OrthogonalizerCase.Distance(actual, [.. expected.Select(value => (double)value)]);
            double tolerance = description["tolerance"]![orthogonalizer.Split('/')[0]]!.GetValue<double>();
            TestContext.Current.TestOutputHelper?.WriteLine($"{name} {orthogonalizer}: {distance:E2}");
            Assert.True(distance <= tolerance, $"{orthogonalizer}: {distance:E2} apart, {tolerance} allowed");
            Assert.Equal(OrthogonalizationOutcome.Regular, outcome);
            compared++;
        }

        Assert.InRange(compared, 5, 6);
    }
}
