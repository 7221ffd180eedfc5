using System.Text.Json.Nodes;
using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.CommandLine;

public class ReplayTests
{
    private static readonly string s_trace = Path.Combine(Repository.Root, "tests", "golden", "traces", "keller-jordan", "trace.safetensors");

    [Fact]
    public void A_recording_of_the_reference_is_followed_and_each_parameter_has_its_line()
    {
        string[] lines = Tool.Run("replay", s_trace).Exits(0).Lines;
        Assert.All(["square", "lowrank", "embed", "bias"], name => Assert.Contains(lines, line => line.StartsWith(name + ' ', StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.StartsWith("parity: 11 parameters over 12 steps", StringComparison.Ordinal));
    }

    [Fact]
    public void Json_holds_the_deviations_and_nothing_else()
    {
        JsonObject[] json = Tool.Run("replay", s_trace, "--json", "--threads", "1").Exits(0).Json;
        Assert.Equal(12, json.Length);
        Assert.All(json.SkipLast(1), row => Assert.InRange((double)row["deviation"]!, 0, 1e-4));
        Assert.Equal("replay", (string)json[^1]["kind"]!);
        Assert.True((bool)json[^1]["parity"]!);
    }

    [Fact]
    public void Above_the_tolerance_the_exit_code_is_two_and_the_parameter_is_named() =>
        Tool.Run("replay", s_trace, "--tolerance", "1e-12").Fails(2, "[replay]", "1e-12", "after step");

    [Fact]
    public void A_file_that_is_no_trace_is_bad_input() =>
        Tool.Run("replay", Path.Combine(Repository.Root, "tests", "golden", "models", "gpt2", "model.safetensors")).Fails(2, "[replay]", "'format'");

    [Fact]
    public void A_file_that_is_not_there_is_bad_input() => Tool.Run("replay", "nowhere.safetensors").Fails(2, "nowhere.safetensors", "no such file");

    [Fact]
    public void A_trace_must_be_named() => Tool.Run("replay").Fails(1, "[replay]");

    [Theory]
    [InlineData("-1")]
    [InlineData("small")]
    public void A_tolerance_that_is_none_is_refused(string tolerance) => Tool.Run("replay", s_trace, "--tolerance", tolerance).Fails(1, "--tolerance", tolerance);
}
