using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.CommandLine;

public class DoctorTests
{
    [Fact]
    public void Doctor_names_cores_vectors_memory_and_runtime()
    {
        ProcessResult result = Tool.Run("doctor").Exits(0);
        Assert.All(["processor", "cores", "vectors", "memory", "runtime"], word => Assert.Contains(word, result.Output, StringComparison.Ordinal));
        Assert.Contains(Environment.Version.ToString(), result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Doctor_as_json_is_one_object()
    {
        JsonObject line = Assert.Single(Tool.Run("doctor", "--json").Exits(0).Json);
        Assert.Equal("doctor", (string?)line["kind"]);
        Assert.Equal(Environment.ProcessorCount, (int?)line["cores"]);
        Assert.True((long?)line["memory_bytes"] > 0);
    }

    [Theory]
    [InlineData("128")]
    [InlineData("256")]
    public void Doctor_reports_the_capped_vector_width(string bits)
    {
        ProcessResult result = Tool.Run(["doctor", "--json"], null, new Dictionary<string, string>(StringComparer.Ordinal) { ["MUONSHARP_VECTOR_BITS"] = bits });
        Assert.True((int?)result.Exits(0).Json[0]["vector_bits"] <= int.Parse(bits, System.Globalization.CultureInfo.InvariantCulture));
    }
}
