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

    [Fact]
    public void Doctor_names_what_it_looked_for_where_there_is_no_library()
    {
        JsonObject line = Assert.Single(Run("libnothing.so.7", "doctor", "--json").Exits(0).Json);
        Assert.Equal("libnothing.so.7", (string?)Assert.Single(line["mpi"]!["tried"]!.AsArray()));
        Assert.Null(line["mpi"]!["version"]);
        Assert.Contains("none (tried libnothing.so.7)", Run("libnothing.so.7", "doctor").Exits(0).Output, StringComparison.Ordinal);
        ProcessResult test = Run("libnothing.so.7", "doctor", "--mpi").Fails(4, "[mpi] two ranks must find each other", "there is no MPI library");
        Assert.Contains("failed: there is no MPI library", test.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libmpi.so.40", "Open MPI v")]
    [InlineData("libmpich.so.12", "MPICH ")]
    public void Two_ranks_of_the_doctor_measure_how_they_talk(string library, string version)
    {
        JsonObject found = Assert.Single(Run(library, "doctor", "--json").Exits(0).Json);
        Assert.SkipWhen(found["mpi"]!["version"] is null, $"{library} is not installed");
        Assert.StartsWith(version, (string?)found["mpi"]!["version"], StringComparison.Ordinal);
        JsonObject line = Assert.Single(Run(library, "doctor", "--mpi", "--json").Exits(0).Json);
        Assert.True((double?)line["mpi_test"]!["latency_microseconds"] > 0);
        Assert.True((double?)line["mpi_test"]!["gigabytes_per_second"] > 0);
        Assert.Null(line["mpi_test"]!["problem"]);
    }

    private static ProcessResult Run(string library, params string[] arguments) =>
        Tool.Run(arguments, null, new Dictionary<string, string>(StringComparer.Ordinal) { ["MUONSHARP_MPI_LIBRARY"] = library });
}
